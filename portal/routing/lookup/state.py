"""What is kept of a CRM's answers: who looks after a number, and how the CRM is (the breaker, for the page too)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, literal, select

from portal.contacts.models import CrmUser
from portal.contacts.queries import crm_users
from portal.kernel.clock import UtcDateTime
from portal.kernel.db import announce, db, upsert
from portal.routing.lookup.protocol import LookupResult, Named
from portal.routing.models import FoundOwner, LookupState

FOUND_FOR = timedelta(minutes=10)
NOBODY_FOR = timedelta(seconds=90)
FAILURES_TO_REST = 5
FAILING_WITHIN = timedelta(seconds=30)
RESTS_FOR = timedelta(seconds=60)


def lookup_state() -> LookupState | None:
    """How the account's CRM is; None where it was never asked."""
    return db.session.scalar(select(LookupState))


def is_resting(now: datetime) -> bool:
    """Whether the breaker is open: nobody is asked."""
    state = lookup_state()
    return state is not None and state.open_until is not None and state.open_until > now


def cached(number: str, now: datetime) -> FoundOwner | None:
    """What the CRM said of a number lately."""
    return db.session.scalar(select(FoundOwner).where(FoundOwner.number == number, FoundOwner.expires_at > now))


def user_named(named: Named) -> CrmUser | None:
    """The CRM user of an answer: by the CRM's own id, by SIP account, with or without `SIP/`, else by name."""
    if named.crm_id:
        return next((user for user in crm_users() if user.crm_id == named.crm_id), None)
    text = named.text.casefold()
    for user in crm_users():
        line = user.sip_line.name.casefold() if user.sip_line is not None else ""
        if text in (line, line.removeprefix("sip/")) or user.name.casefold() == text:
            return user
    return None


def keep_answer(number: str, crm_user_id: int | None, now: datetime) -> None:
    """Remembers an answer for the calls to come."""
    ends = now + (NOBODY_FOR if crm_user_id is None else FOUND_FOR)
    values = {"crm_user_id": crm_user_id, "asked_at": now, "expires_at": ends}
    upsert(FoundOwner, {"number": number, **values}, key=["account_id", "number"], change=values)
    db.session.execute(delete(FoundOwner).where(FoundOwner.expires_at < now - timedelta(days=1)))


def keep_state(result: LookupResult, detail: str, took_ms: int, now: datetime) -> None:
    """Notes how the CRM answered. Failures in a row are counted until it answers, however far they lie apart; the
    breaker opens at the fifth, or a later one, that follows closely upon the one before.
    """
    values = {"asked_at": now, "took_ms": took_ms, "result": result.value, "detail": detail[:200]}
    row = LookupState
    if result is not LookupResult.FAILED:
        well = values | {"answered_at": now, "failures": 0, "failing_since": None, "open_until": None}
        upsert(row, well, key=["account_id"], change=well)
    else:
        moment, is_close = literal(now, UtcDateTime), row.asked_at > literal(now - FAILING_WITHIN, UtcDateTime)
        first = values | {"failures": 1, "failing_since": now}
        again = {
            "failures": row.failures + 1,
            "failing_since": func.coalesce(row.failing_since, moment),
            "open_until": case(
                (is_close & (row.failures + 1 >= FAILURES_TO_REST), literal(now + RESTS_FOR, UtcDateTime)),
                else_=row.open_until,
            ),
        }
        upsert(row, first, key=["account_id"], change=values | again)
    announce("lookup-changed")


def forget_all() -> None:
    """Another URL: what the old one said counts no more."""
    db.session.execute(delete(FoundOwner))
    db.session.execute(delete(LookupState))
