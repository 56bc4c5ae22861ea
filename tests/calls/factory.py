"""Calls for tests, made as an engine makes them: by snapshots through the real journal."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from portal.calls.journal import Journal
from portal.telephony.engine import (
    CallChange,
    CallKind,
    CallOutcome,
    CallSnapshot,
    LegEnd,
    LegResult,
    LegSnapshot,
    Side,
)
from portal.telephony.plan import KnownBy, Skipped, StepReason

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Noon in Moscow, where North is."""
CALLER = "79039998877"
DID = "74951234567"
OLGA_PHONE = "SIP/00000000672"
IGOR_PHONE = "SIP/00000000673"


def after(moment: datetime, seconds: float | None) -> datetime | None:
    """So many seconds later; None for None."""
    return None if seconds is None else moment + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Story:
    """A call as one would tell it, in seconds from its start; `at` gives what a switch knows of it at a moment."""

    account_id: int
    kind: CallKind = CallKind.INCOMING
    caller: str = CALLER
    callee: str = OLGA_PHONE
    did: str | None = DID
    started_at: datetime = NOON
    answered_after: float | None = 5.0
    talked: float = 60.0
    gave_up_after: float = 20.0
    outcome: CallOutcome | None = None
    rings: bool = True
    """Whether a phone of the account rings at all."""
    is_recorded: bool = False
    skipped: tuple[Skipped, ...] = ()
    known_by: KnownBy | None = None
    api_call_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def ended_after(self) -> float:
        """How long the whole call lasts."""
        return self.gave_up_after if self.answered_after is None else self.answered_after + self.talked

    def started(self) -> CallSnapshot:
        """It rings."""
        return self._snapshot(1, is_answered=False, is_ended=False)

    def answered(self) -> CallSnapshot:
        """Two talk."""
        return self._snapshot(2, is_answered=True, is_ended=False)

    def finished(self) -> CallSnapshot:
        """It is over."""
        return self._snapshot(3, is_answered=self.answered_after is not None, is_ended=True)

    def _snapshot(self, version: int, *, is_answered: bool, is_ended: bool) -> CallSnapshot:
        answered_at = after(self.started_at, self.answered_after) if is_answered else None
        ended_at = after(self.started_at, self.ended_after) if is_ended else None
        is_incoming = self.kind is CallKind.INCOMING
        missed = CallOutcome.MISSED if is_incoming else CallOutcome.NO_ANSWER
        outcome = self.outcome or (CallOutcome.ANSWERED if answered_at else missed)
        return CallSnapshot(
            api_call_id=self.api_call_id,
            account_id=self.account_id,
            switch="main",
            kind=self.kind,
            caller=self.caller,
            did=self.did,
            callee=self.callee if answered_at or not is_incoming else None,
            started_at=self.started_at,
            caller_answered_at=answered_at,
            callee_answered_at=answered_at,
            talk_started_at=answered_at,
            ended_at=ended_at,
            outcome=outcome if is_ended else None,
            legs=self._legs(answered_at, ended_at),
            has_recording=self.is_recorded and answered_at is not None,
            version=version,
            skipped=self.skipped,
            known_by=self.known_by,
        )

    def _legs(self, answered_at: datetime | None, ended_at: datetime | None) -> tuple[LegSnapshot, ...]:
        result = LegResult.ANSWERED if answered_at else LegResult.CALLER_GAVE_UP
        caller = LegSnapshot(
            number=1,
            address=self.caller,
            label="",
            side=Side.CALLER,
            reason=None,
            round=0,
            started_at=self.started_at,
            rang_at=None,
            answered_at=answered_at,
            ended_at=ended_at,
            result=result if ended_at else None,
            end=LegEnd.CALLER_HUNG_UP if ended_at else None,
        )
        if not self.rings:
            return (caller,)
        is_incoming = self.kind is CallKind.INCOMING
        reason, label = (StepReason.HUNT, "Olga Manoli") if is_incoming else (StepReason.CALLEE, "")
        rang_at = after(self.started_at, 0.2)
        callee = replace(
            caller,
            number=2,
            address=self.callee,
            label=label,
            side=Side.CALLEE,
            reason=reason,
            round=1,
            rang_at=rang_at,
        )
        return caller, callee


def tell(app: Flask, *snapshots: CallSnapshot) -> None:
    """The switch tells the journal."""
    changes = {1: CallChange.STARTED, 2: CallChange.ANSWERED, 3: CallChange.FINISHED}
    journal = Journal(app)
    for snapshot in snapshots:
        journal.record(snapshot, changes[snapshot.version])


def tell_whole(app: Flask, story: Story) -> Story:
    """The call from its beginning to its end."""
    answered = [story.answered()] if story.answered_after is not None else []
    tell(app, story.started(), *answered, story.finished())
    return story
