"""What the pages of calls show of records: a play button in the log, the player on the page of one call."""

from __future__ import annotations

from collections.abc import Callable

from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _
from portal.recordings.models import Recording, RecordingState
from portal.recordings.queries import recordings_of
from portal.recordings.waveform import BARS, mixed

_BARS_IN_A_ROW = 60  # a page of the log has fifty rows

RECORD_PANEL = CallPanel(
    heading=lambda: _("Record"),
    load=recordings_of,
    cell="recordings/_play.html",
    section="recordings/_player.html",
)


def player_state(call: CallRecord, recording: Recording | None, *, may_listen: bool) -> str:
    """`ready`, `none`, `recording`, `expired` or `forbidden`: the words of the macro `player`."""
    if recording is None or recording.state == RecordingState.FAILED:
        return "none"
    if recording.state == RecordingState.RECORDING:
        # The switch takes its word back when a record was lost on the way.
        return "recording" if call.has_recording else "none"
    if recording.state == RecordingState.EXPIRED:
        return "expired"
    return "ready" if may_listen else "forbidden"


def waveform_bars(recording: Recording, count: int = BARS) -> list[int]:
    """The waveform, 0 to 100 a bar."""
    return mixed(recording.peaks or b"", recording.sides, count)


def row_waveform_bars(recording: Recording) -> list[int]:
    """A smaller one for a row of the log."""
    return waveform_bars(recording, _BARS_IN_A_ROW)


FILTERS: dict[str, Callable[..., object]] = {
    "player_state": player_state,
    "waveform_bars": waveform_bars,
    "row_waveform_bars": row_waveform_bars,
}
"""For the templates of this room."""
