"""What happens to a call marks it: there is something to tell. Written in the call's own transaction, told after it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, case, literal, select

from portal.calls.events import CallEnding, CallFinished, CallRang, CallRecorded
from portal.calls.models import CallRecord
from portal.connectors.models import CrmCall, CrmKind, CrmLink, Way
from portal.kernel.clock import UtcDateTime, now
from portal.kernel.db import once, ring, upsert
from portal.kernel.prepared import Prepared
from portal.telephony.addresses import is_outside_number
from portal.telephony.engine import CallKind

BELL = "crm"
"""Rung when there is something to tell."""
_QUESTION = "question for the link to the CRM"


class _Link(NamedTuple):
    kind: str
    way: str
    shows_cards: bool
    writes_calls: bool


# Built once: each call of the account waits for them.
_LINK = Prepared(select(CrmLink.kind, CrmLink.way, CrmLink.shows_cards, CrmLink.writes_calls), _Link)
_MARKED = Prepared(select(CrmCall.id).where(CrmCall.call_id == bindparam("call_id")))


def on_call_ending(event: CallEnding) -> None:
    """The link is wanted soon, and comes with what others ask."""
    if event.call.kind != CallKind.INTERNAL:
        once(_QUESTION, _LINK.ahead)


def on_call_rang(event: CallRang) -> None:
    """Other phones ring than before: cards open and close."""
    call = event.call
    link = _link() if call.kind == CallKind.INCOMING else None
    if link is not None and link.shows_cards and _is_of_somebody(call):
        _mark(call, is_ringing=True)


def on_call_finished(event: CallFinished) -> None:
    """It is written down; cards that are still open close."""
    call = event.call
    link = _link() if call.kind != CallKind.INTERNAL else None
    if link is not None and _is_of_somebody(call) and (link.writes_calls or _is_marked(call)):
        _mark(call, is_ringing=False)


def on_call_recorded(event: CallRecorded) -> None:
    """The record's link goes to where the call was written."""
    if _is_marked(event.call):
        _mark(event.call, is_ringing=False)


def mark_again(row: CrmCall) -> None:
    """Somebody asks for it."""
    row.due_at = now()
    ring(BELL)


def _link() -> _Link | None:
    """The account's link, where it can be told of calls: a webhook of Bitrix24 cannot."""
    link = next(iter(once(_QUESTION, _LINK.ahead)()), None)
    if link is None or (link.kind == CrmKind.BITRIX24 and link.way == Way.WEBHOOK):
        return None
    return link


def _is_of_somebody(call: CallRecord) -> bool:
    """A withheld number has no card."""
    return bool(call.other) and is_outside_number(call.other or "")


def _is_marked(call: CallRecord) -> bool:
    return _MARKED.first(call_id=call.id) is not None


def _mark(call: CallRecord, *, is_ringing: bool) -> None:
    """Whoever is telling of it at this moment looks again afterwards."""
    moment = now()
    due = case((CrmCall.claim.is_(None), literal(moment, UtcDateTime)), else_=CrmCall.due_at)
    upsert(
        CrmCall,
        {"call_id": call.id, "due_at": moment, "is_ringing": is_ringing},
        key=["account_id", "call_id"],
        change={"due_at": due, "is_ringing": is_ringing, "is_touched": True},
    )
    ring(BELL)
