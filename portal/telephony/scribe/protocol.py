"""What an engine may ask of its scribe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from portal.telephony.engine import CallChange, CallJournal, CallSnapshot, Presence, RecordSink


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is told and not written yet: how many calls and others wait, and for how many seconds the oldest."""

    count: int = 0
    seconds: float = 0.0


class Books(CallJournal, Protocol):
    """A journal that writes several calls at once."""

    def record_all(self, notes: Sequence[tuple[CallSnapshot, CallChange]]) -> None:
        """As `record` of each, one after another, though in one transaction: all of them are written, or none.

        All are of one account, and no call is among them twice.
        """
        ...


class EngineSink(RecordSink, Protocol):
    """A sink that ends with its engine. `complete` waits, and raises `SinkClosed` where the end comes first."""

    def close(self) -> None:
        """What cannot be handed over at once is given up."""
        ...


class Board(Protocol):
    """Brings the phones' presence into their rows; only the latest of each phone matters. Never waits."""

    def changed(self, account_id: int, address: str, presence: Presence) -> None:
        """One phone's presence has changed."""
        ...

    def report(self, account_id: int, presences: Mapping[str, Presence]) -> None:
        """The presence of several phones of an account; what was told before is passed over."""
        ...


class Scribe(Protocol):
    """Writes what it is told. Neither `journal.record` nor `board` ever wait or fail."""

    @property
    def journal(self) -> CallJournal:
        """Calls."""
        ...

    @property
    def sink(self) -> EngineSink:
        """Records."""
        ...

    @property
    def board(self) -> Board:
        """Phones."""
        ...

    def begin(self) -> None:
        """Comes back when all that an earlier life of the engine has told is written."""
        ...

    def check(self) -> None:
        """Raises `ScribeLost` where nobody writes any more."""
        ...

    def backlog(self) -> Backlog:
        """How far it is behind."""
        ...

    def stop(self, seconds: float) -> int:
        """Writes what waits, for so long at most; answers how much is lost."""
        ...
