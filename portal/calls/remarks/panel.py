"""What the log shows of remarks: the tags of a call, and that there is a note."""

from __future__ import annotations

from portal.calls.panels import CallPanel
from portal.calls.remarks.on_calls import remarks_of
from portal.kernel.i18n import gettext as _

REMARK_PANEL = CallPanel(heading=lambda: _("Tags and note"), load=remarks_of, chip="calls/_remark_chips.html")
