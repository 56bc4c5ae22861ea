"""Who looks after a caller: the sources in the admin's order, within one budget of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal.calls.models import CallRecord
from portal.contacts.models import CrmUser
from portal.contacts.queries import owner_of
from portal.kernel.clock import monotonic
from portal.kernel.db import db, transaction
from portal.routing.facts import Asking, Member, RouteFacts
from portal.routing.known_rules import known_contact_rules
from portal.routing.lookup import CallerLookup, LookupDesk, LookupResult, crm_at_hand
from portal.routing.lookup.plain_http import HttpLookup
from portal.routing.lookup.state import cached, is_resting
from portal.routing.models import ContactSource, OwnerMode
from portal.routing.reading import member_of, read_facts
from portal.telephony.addresses import is_outside_number
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine


@dataclass(frozen=True, slots=True)
class _Known:
    """What the account itself knows of a caller, and how to ask further."""

    mode: OwnerMode
    sources: tuple[ContactSource, ...]
    owners: Mapping[ContactSource, Member | None]
    budget_seconds: float
    lookup: CallerLookup | None
    has_cached: bool
    is_resting: bool


def gather_facts(
    app: Flask, account_id: int, caller: str, did: str, presence: Mapping[str, Presence], now: datetime
) -> RouteFacts:
    """All facts of a call, the caller's CRM user among them. No transaction may be open: a CRM may be asked."""
    with app.app_context(), transaction(account_id, writes=False):
        facts = read_facts(caller, did, presence)
        # A caller that is no number (a switch may pass on any word) is asked about nowhere: it would stand in a URL.
        if not is_outside_number(caller) or facts.employee is not None or not facts.is_let_in(now):
            return facts
        known = _read_known(app, caller, now)
    if known.mode is OwnerMode.OFF:
        return replace(facts, owner_mode=known.mode)
    askings = tuple(_ask(app, account_id, caller, did, known))
    owner = askings[-1][1] if askings else None
    return replace(facts, owner=owner, owner_mode=known.mode, askings=tuple(asking for asking, _owner in askings))


def _read_known(app: Flask, caller: str, now: datetime) -> _Known:
    rules = known_contact_rules()
    sources = tuple(ContactSource(each) for each in rules.sources)
    answer = cached(caller, now) if ContactSource.LOOKUP in sources else None
    looked_up = _user(answer.crm_user_id) if answer is not None and answer.crm_user_id else None
    owners = {ContactSource.ADDRESS_BOOK: owner_of(caller), ContactSource.LOOKUP: looked_up}
    if ContactSource.LAST_TALK in sources:
        owners[ContactSource.LAST_TALK] = last_talked(caller, now - timedelta(hours=rules.last_talk_hours))
    return _Known(
        mode=OwnerMode(rules.mode),
        sources=sources,
        owners={source: None if user is None else member_of(user) for source, user in owners.items()},
        budget_seconds=rules.budget_ms / 1000,
        lookup=_lookup(app, rules.lookup_url) if ContactSource.LOOKUP in sources else None,
        has_cached=answer is not None,
        is_resting=is_resting(now),
    )


def _ask(app: Flask, account_id: int, caller: str, did: str, known: _Known) -> Iterator[tuple[Asking, Member | None]]:
    """Each source that was asked, until one knows; the last one's answer counts."""
    ends = monotonic() + known.budget_seconds
    for source in known.sources:
        owner = known.owners.get(source)
        asking = Asking(source, "found" if owner else "nobody", owner.name if owner else "")
        if source is ContactSource.LOOKUP:
            if known.lookup is None:
                continue
            if known.has_cached:
                asking = replace(asking, is_cached=True)
            elif known.is_resting:
                asking = Asking(source, LookupResult.RESTING)
            else:
                asking, owner = _look_up(app, account_id, caller, did, known.lookup, ends - monotonic())
        yield asking, owner
        if owner is not None:
            return


def _lookup(app: Flask, url: str) -> CallerLookup | None:
    """The CRM that is connected, else the one that answers at the admin's URL."""
    connected = crm_at_hand().lookup()
    return connected or (HttpLookup(app.extensions["portal.http"], url) if url else None)


def _look_up(
    app: Flask, account_id: int, caller: str, did: str, lookup: CallerLookup, seconds: float
) -> tuple[Asking, Member | None]:
    desk: LookupDesk = app.extensions["portal.lookups"]
    answer = desk.ask(account_id, lookup, caller, did, seconds=seconds)
    owner = None
    if answer.crm_user_id is not None:
        with app.app_context(), transaction(account_id, writes=False):
            user = _user(answer.crm_user_id)
            owner = None if user is None else member_of(user)
    return Asking(ContactSource.LOOKUP, answer.result, answer.detail, took_ms=answer.took_ms), owner


def last_talked(number: str, since: datetime) -> CrmUser | None:
    """The CRM user who talked last with a number, after `since`: taken or made, whose SIP account it was then."""
    mine = or_(CallRecord.caller == number, CallRecord.callee == number)
    calls = db.session.execute(
        select(CallRecord.caller, CallRecord.callee)
        .where(mine, CallRecord.started_at > since, CallRecord.answered_at.is_not(None))
        .order_by(CallRecord.started_at.desc(), CallRecord.id.desc())
        .limit(1)
    ).first()
    if calls is None:
        return None
    address = calls.callee if calls.caller == number else calls.caller
    return db.session.scalar(
        select(CrmUser)
        .join(SipLine, SipLine.id == CrmUser.sip_line_id)
        .where(SipLine.name == address, CrmUser.removed_at.is_(None))
        .options(joinedload(CrmUser.sip_line))
    )


def _user(crm_user_id: int) -> CrmUser | None:
    return db.session.scalar(
        select(CrmUser)
        .where(CrmUser.id == crm_user_id, CrmUser.removed_at.is_(None))
        .options(joinedload(CrmUser.sip_line))
    )
