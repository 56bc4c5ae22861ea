"""What an engine and the process of its scribe say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.telephony.engine import CallChange, CallSnapshot, Presence
from portal.telephony.scribe.protocol import Backlog


@dataclass(frozen=True, slots=True)
class Begin:
    """The switch is ours: write from now on."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A call as it is now."""

    call: CallSnapshot
    change: CallChange


@dataclass(frozen=True, slots=True)
class RecordBegun:
    """A talk is being recorded."""

    account_id: int
    api_call_id: str


@dataclass(frozen=True, slots=True)
class RecordWhole:
    """A record's file is whole; whoever said so waits under this number."""

    number: int
    account_id: int
    api_call_id: str
    path: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class PhonesSeen:
    """How phones of an account are."""

    account_id: int
    presences: Mapping[str, Presence]


@dataclass(frozen=True, slots=True)
class End:
    """Nothing comes any more."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Answers `Begin`: all that an earlier life has told is written."""


@dataclass(frozen=True, slots=True)
class Written:
    """This version of a call is in the database."""

    api_call_id: str
    version: int


@dataclass(frozen=True, slots=True)
class RecordTaken:
    """Answers `RecordWhole`; `fault` says why it was not taken."""

    number: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class Behind:
    """How much waits here."""

    backlog: Backlog
