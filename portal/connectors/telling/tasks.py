"""One call that is due: claimed, with all that telling of it needs, and let go again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from portal.calls.models import CallLeg, CallRecord
from portal.connectors.links import crm_link
from portal.connectors.models import CrmCall, CrmLink, NoteState
from portal.connectors.protocol import CallNote
from portal.connectors.records import record_url
from portal.contacts.queries import owner_of
from portal.contacts.services.crm_people import crm_ids_by_phone
from portal.kernel.clock import now
from portal.kernel.db import announce, db, transaction
from portal.kernel.secrets import random_word
from portal.recordings.models import RecordingState
from portal.recordings.queries import recording_of
from portal.telephony.engine import CallKind, CallOutcome, Side

LEASE = timedelta(minutes=3)
RECORD_WITHIN = timedelta(seconds=30)
"""So long a call that is over waits for its record, so that both go together."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is known of a call, and of what the CRM knows of it. `wanted` are those who should see the card now."""

    account_id: int
    row_id: int
    claim: str
    link: CrmLink
    note: CallNote
    created_at: datetime
    is_over: bool
    is_written: bool
    waits_for_record: bool
    has_record: bool
    wanted: Sequence[str]
    shown: Sequence[str]


def due_accounts() -> list[int]:
    """Accounts of which something is due and whose CRM is not left alone just now."""
    moment = now()
    with transaction(everything="job dispatch", writes=False):
        query = select(CrmCall.account_id).join(CrmLink, CrmLink.account_id == CrmCall.account_id)
        is_awake = or_(CrmLink.resting_until.is_(None), CrmLink.resting_until <= moment)
        return list(db.session.scalars(query.where(CrmCall.due_at <= moment, is_awake).distinct()))


def claim(account_id: int) -> Task | None:
    """The most urgent call that is due: one that rings goes first. None where there is nothing to do."""
    moment, word = now(), random_word(32)
    with transaction(account_id):
        link = crm_link()
        if link is None or (link.resting_until is not None and link.resting_until > moment):
            return None
        due = select(CrmCall.id).where(CrmCall.due_at <= moment)
        first = due.order_by(CrmCall.is_ringing.desc(), CrmCall.due_at, CrmCall.id).limit(1)
        row_id = db.session.scalar(first.with_for_update(skip_locked=True))
        if row_id is None:
            return None
        row = db.session.scalars(select(CrmCall).where(CrmCall.id == row_id).options(joinedload(CrmCall.call))).one()
        row.claim, row.due_at, row.is_touched = word, moment + LEASE, False
        return _task(row, link, word, moment)


def save(task: Task, **values: Any) -> None:
    """Notes what was done so far, unless somebody else has taken the call over."""
    with transaction(task.account_id):
        held = update(CrmCall).where(CrmCall.id == task.row_id, CrmCall.claim == task.claim)
        db.session.execute(held.values(**values))


def let_go(task: Task, *, due_at: datetime | None = None, **values: Any) -> None:
    """The same at the end of it; what has changed meanwhile is due at once."""
    with transaction(task.account_id):
        row = db.session.scalar(
            select(CrmCall).where(CrmCall.id == task.row_id, CrmCall.claim == task.claim).with_for_update()
        )
        if row is None:
            return
        for name, value in values.items():
            setattr(row, name, value)
        row.claim, row.due_at = None, now() if row.is_touched and due_at is None else due_at
        announce("crm-calls-changed")


def _task(row: CrmCall, link: CrmLink, word: str, moment: datetime) -> Task:
    call = row.call
    users = crm_ids_by_phone()
    recording = recording_of(call) if call.has_recording else None
    is_ready = recording is not None and recording.state == RecordingState.READY
    is_fresh = call.ended_at is not None and call.ended_at > moment - RECORD_WITHIN
    url = record_url(current_app.extensions["portal.vault"], row) if call.has_recording else ""
    return Task(
        account_id=row.account_id,
        row_id=row.id,
        claim=word,
        link=link,
        note=replace(
            _note(call, row, users, creates_contact=link.creates_contacts),
            record_url=url,
            record_name=recording.file_name if recording is not None else "",
        ),
        created_at=row.created_at,
        is_over=call.ended_at is not None,
        is_written=row.state == NoteState.WRITTEN,
        waits_for_record=call.has_recording and not is_ready and is_fresh,
        has_record=is_ready and row.record_at is None and bool(url),
        wanted=_wanted(call, users),
        shown=tuple(row.shown),
    )


def _note(call: CallRecord, row: CrmCall, users: Mapping[str, str], *, creates_contact: bool) -> CallNote:
    return CallNote(
        api_call_id=call.api_call_id,
        is_incoming=call.kind == CallKind.INCOMING,
        is_answered=call.answered_at is not None,
        is_busy=call.outcome == CallOutcome.BUSY,
        number=call.other or "",
        line=call.did or "",
        user=_user(call, users),
        started_at=call.started_at,
        talk_seconds=call.talk_seconds or 0,
        outside_id=row.outside_id,
        creates_contact=creates_contact,
        was_tried=row.was_tried,
    )


def _user(call: CallRecord, users: Mapping[str, str]) -> str:
    """Who took or made it, else whose phone rang first, else who looks after the contact here."""
    rang = [leg.address for leg in _phones(call) if leg.rang_at is not None]
    for each in (call.employee or "", *rang):
        if each in users:
            return users[each]
    owner = owner_of(call.other or "")
    return (owner.crm_id or "") if owner is not None else ""


def _wanted(call: CallRecord, users: Mapping[str, str]) -> tuple[str, ...]:
    """Those whose phones ring; once somebody has answered, that one alone."""
    if call.ended_at is not None:
        return ()
    up = [leg for leg in _phones(call) if leg.rang_at is not None and leg.ended_at is None]
    answered = [leg for leg in up if leg.answered_at is not None]
    return tuple(dict.fromkeys(users[leg.address] for leg in answered or up if leg.address in users))


def _phones(call: CallRecord) -> list[CallLeg]:
    return [leg for leg in call.legs if leg.side == Side.CALLEE]
