// Each behaviour binds itself to the document by data attributes; docs/components.md lists them.
import "./behaviours/autosubmit.js";
import "./behaviours/boxes.js";
import "./behaviours/copy.js";
import "./behaviours/focus.js";
import "./behaviours/layers.js";
import "./behaviours/live.js";
import "./behaviours/messages.js";
import "./behaviours/password.js";
import "./behaviours/player.js";
import "./behaviours/reorder.js";
import "./behaviours/requests.js";
import "./behaviours/shortcuts.js";
import "./behaviours/submit-once.js";
import "./behaviours/time.js";
