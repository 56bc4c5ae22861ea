"""What the pages of calls show of records: a play button in the log, the player and its listeners on a call's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _
from portal.recordings.hearing import hearings_of
from portal.recordings.models import RecordHearing, Recording, RecordingState
from portal.recordings.queries import recordings_of
from portal.recordings.waveform import BARS, mixed, sides

_BARS_IN_A_ROW = 60  # a page of the log has fifty rows


@dataclass(frozen=True, slots=True)
class RecordOfCall:
    """A record with those who heard it. The log asks for the record alone."""

    recording: Recording

    @property
    def hearings(self) -> Sequence[RecordHearing]:
        """The latest, newest first."""
        return hearings_of(self.recording)


def _known(calls: Sequence[CallRecord | LoggedCall]) -> Mapping[int, RecordOfCall]:
    return {call_id: RecordOfCall(recording) for call_id, recording in recordings_of(calls).items()}


RECORD_PANEL = CallPanel(
    heading=lambda: _("Record"),
    load=_known,
    cell="recordings/_play.html",
    section="recordings/_record.html",
    tool="recordings/_archive_tool.html",
)


def player_state(call: CallRecord, recording: Recording | None, *, may_listen: bool) -> str:
    """`ready`, `none`, `recording`, `expired`, `deleted` or `forbidden`: the words of the macro `player`."""
    if recording is None or recording.state == RecordingState.FAILED:
        return "none"
    if recording.state == RecordingState.RECORDING:
        # The switch takes its word back when a record was lost on the way.
        return "recording" if call.has_recording else "none"
    if recording.state in (RecordingState.EXPIRED, RecordingState.DELETED):
        return str(recording.state)
    return "ready" if may_listen else "forbidden"


def waveform_sides(recording: Recording) -> list[list[int]]:
    """The waveform of each side, 0 to 100 a bar; of one that stands for both where there is only one."""
    return sides(recording.peaks or b"", recording.sides, BARS)


def row_waveform_bars(recording: Recording) -> str:
    """A smaller one of both together, for a row of the log: heights with spaces between them."""
    return _row_bars(recording.peaks or b"", recording.sides)


@lru_cache(4096)
def _row_bars(peaks: bytes, count: int) -> str:
    return " ".join(str(height) for height in mixed(peaks, count, _BARS_IN_A_ROW))


FILTERS: dict[str, Callable[..., object]] = {
    "player_state": player_state,
    "waveform_sides": waveform_sides,
    "row_waveform_bars": row_waveform_bars,
}
"""For the templates of this room."""
