"""Signs of life of a switch's engine, and the end of the calls that it left open when it died."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from portal.kernel.clock import now
from portal.kernel.db import transaction, upsert
from portal.telephony.control.reconcile import close_interrupted
from portal.telephony.engine import CallChange, CallJournal, CallSnapshot
from portal.telephony.models import SwitchLife
from portal.telephony.scribe.protocol import Backlog, Books

log = structlog.get_logger(__name__)


class SwitchJournal(Books, Protocol):
    """A journal that also knows which calls of a switch have no end yet."""

    def open_calls(self, switch: str) -> Sequence[CallSnapshot]:
        """The calls of every account that were written down for this switch and have not ended, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class LeftCalls:
    """What an earlier life of a switch's engine left open, and when that life was last seen."""

    calls: tuple[CallSnapshot, ...]
    seen_at: datetime


def left_calls(switch: str, journal: SwitchJournal) -> LeftCalls:
    """The calls that an earlier life of this switch's engine left open. To be asked before the new one begins."""
    return LeftCalls(tuple(journal.open_calls(switch)), last_sign_of_life(switch) or now())


def close_left_call(call: CallSnapshot, seen_at: datetime, journal: CallJournal) -> None:
    """Ends a call of an earlier life in the journal.

    It ended with that life's last sign at the latest: nobody pays for the hours in which nothing ran.
    """
    journal.record(close_interrupted(call, seen_at), CallChange.FINISHED)
    log.warning("call_closed_after_restart", api_call_id=call.api_call_id)


def last_sign_of_life(switch: str) -> datetime | None:
    """When the engine of this switch was last alive, or None where it never was."""
    with transaction(writes=False) as session:
        life = session.get(SwitchLife, switch)
        return None if life is None else life.seen_at


def begin_life(switch: str) -> None:
    """The engine begins."""
    moment = now()
    life = {"started_at": moment, "seen_at": moment, "unwritten": 0, "unwritten_seconds": 0}
    with transaction():
        upsert(
            SwitchLife,
            {"switch": switch, **life},
            key=["switch"],
            change=life,
        )


def sign_of_life(switch: str, backlog: Backlog) -> None:
    """The engine is still there, and so far behind with what it writes."""
    with transaction() as session:
        life = session.get_one(SwitchLife, switch)
        life.seen_at = now()
        life.unwritten, life.unwritten_seconds = backlog.count, round(backlog.seconds)
