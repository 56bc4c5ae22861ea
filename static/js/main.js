// Each binds itself by data attributes: docs/components.md.
import "./behaviours/copy.js";
import "./behaviours/forms.js";
import "./behaviours/layers.js";
import "./behaviours/lists.js";
import "./behaviours/live.js";
import "./behaviours/messages.js";
import "./behaviours/player.js";
import "./behaviours/reorder.js";
import "./behaviours/requests.js";
import "./behaviours/shortcuts.js";
import "./behaviours/time.js";
