"""What happened to a call. Published inside the transaction that writes it; subscribers add their rows to it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.calls.models import CallRecord


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call has come in or was begun."""

    call: CallRecord


@dataclass(frozen=True, slots=True)
class CallRang:
    """Other phones ring than before: one more, or one less."""

    call: CallRecord


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Two sides talk."""

    call: CallRecord


@dataclass(frozen=True, slots=True)
class CallEnding:
    """The call is over and its times are final, and its rows are still to be written.

    `billing` sets its price now, and `recordings` says of a record that is stored already that there is one.
    `was_recorded`: what was told of the call before said that it has a record, or gets one.
    """

    call: CallRecord
    was_recorded: bool = False


@dataclass(frozen=True, slots=True)
class CallFinished:
    """The call is over and written, with its price."""

    call: CallRecord


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """The call is over and written, and its record's audio is complete and stored."""

    call: CallRecord
