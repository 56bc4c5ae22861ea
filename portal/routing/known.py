"""Who looks after a caller: the sources in the admin's order, within one budget of time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import or_, select

from portal.calls.models import CallRecord
from portal.contacts.models import CrmUser
from portal.contacts.queries import owner_id_of
from portal.kernel.clock import monotonic
from portal.kernel.db import db, transaction
from portal.routing.facts import Asking, Member, RouteFacts
from portal.routing.hours import Hours
from portal.routing.lookup import CallerLookup, LookupDesk, LookupResult, crm_at_hand
from portal.routing.lookup.plain_http import HttpLookup
from portal.routing.lookup.state import cached, is_resting
from portal.routing.models import ContactSource, OwnerMode
from portal.routing.reading import read_activity
from portal.routing.rules import Rules, RulesAtHand
from portal.telephony.addresses import is_outside_number
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine

_READING = threading.Lock()
"""Of the threads that plan calls one reads at a time: several that take turns at Python's one lock, a dozen times for
each statement, need three times the processor, and the first is ready as late as the last. A CRM is asked side by side.
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the account itself knows of a caller, and how to ask further."""

    owners: Mapping[ContactSource, Member | None]
    lookup: CallerLookup | None
    has_cached: bool
    is_resting: bool


def gather_facts(
    app: Flask, account_id: int, caller: str, did: str, presence: Mapping[str, Presence], now: datetime
) -> RouteFacts:
    """All facts of a call, the caller's CRM user among them. No transaction may be open: a CRM may be asked.

    `caller` is "" where withheld.
    """
    at_hand: RulesAtHand = app.extensions["portal.rules"]
    with _READING, app.app_context(), transaction(account_id, writes=False):
        rules, last_member_id = at_hand.look()
        facts = RouteFacts(
            group=replace(rules.new_contacts, last_member_key=last_member_id),
            groups=rules.groups,
            caller=caller,
            did=did,
            own_numbers=rules.hours.keys(),
            blacklisted=rules.blacklist.get(caller),
            hours=rules.hours.get(did) or Hours(),
            employee=rules.people.get(rules.mobiles.get(caller, 0)),
            owner_mode=rules.known.mode,
            presence=presence,
            activity=read_activity(rules.groups.values()),
            zone=rules.zone,
        )
        # A caller that is no number (a switch may pass on any word) is asked about nowhere: it would stand in a URL.
        is_nobodys = not is_outside_number(caller) or facts.employee is not None or not facts.is_let_in(now)
        if is_nobodys or rules.known.mode is OwnerMode.OFF:
            return facts
        known = _read_known(app, caller, now, rules)
    askings = tuple(_ask(app, account_id, caller, did, rules, known))
    owner = askings[-1][1] if askings else None
    return replace(facts, owner=owner, askings=tuple(asking for asking, _owner in askings))


def _read_known(app: Flask, caller: str, now: datetime, rules: Rules) -> _Known:
    sources = rules.known.sources
    answer = cached(caller, now) if ContactSource.LOOKUP in sources else None
    ids = {}
    if ContactSource.ADDRESS_BOOK in sources:
        ids[ContactSource.ADDRESS_BOOK] = owner_id_of(caller)
    if ContactSource.LAST_TALK in sources:
        ids[ContactSource.LAST_TALK] = last_talked(caller, now, timedelta(hours=rules.known.last_talk_hours))
    if answer is not None:
        ids[ContactSource.LOOKUP] = answer.crm_user_id
    return _Known(
        owners={source: rules.people.get(user_id or 0) for source, user_id in ids.items()},
        lookup=_lookup(app, rules.known.lookup_url) if ContactSource.LOOKUP in sources else None,
        has_cached=answer is not None,
        is_resting=ContactSource.LOOKUP in sources and is_resting(now),
    )


def _ask(
    app: Flask, account_id: int, caller: str, did: str, rules: Rules, known: _Known
) -> Iterator[tuple[Asking, Member | None]]:
    """Each source that was asked, until one knows; the last one's answer counts."""
    ends = monotonic() + rules.known.budget_seconds
    for source in rules.known.sources:
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
                asking, answered = _look_up(app, account_id, caller, did, known.lookup, ends - monotonic())
                owner = rules.people.get(answered or 0)
        yield asking, owner
        if owner is not None:
            return


def _lookup(app: Flask, url: str) -> CallerLookup | None:
    """The CRM that is connected, else the one that answers at the admin's URL."""
    connected = crm_at_hand().lookup()
    return connected or (HttpLookup(app.extensions["portal.http"], url) if url else None)


def _look_up(
    app: Flask, account_id: int, caller: str, did: str, lookup: CallerLookup, seconds: float
) -> tuple[Asking, int | None]:
    desk: LookupDesk = app.extensions["portal.lookups"]
    answer = desk.ask(account_id, lookup, caller, did, seconds=seconds)
    return Asking(ContactSource.LOOKUP, answer.result, answer.detail, took_ms=answer.took_ms), answer.crm_user_id


def last_talked(number: str, now: datetime, within: timedelta) -> int | None:
    """The CRM user who had talked last with a number at `now`, which may be long ago in a rehearsal, `within` so long
    before it: taken or made, whose SIP account it was then.
    """
    mine = or_(CallRecord.caller == number, CallRecord.callee == number)
    calls = db.session.execute(
        select(CallRecord.caller, CallRecord.callee)
        .where(mine, CallRecord.started_at.between(now - within, now), CallRecord.answered_at.is_not(None))
        .order_by(CallRecord.started_at.desc(), CallRecord.id.desc())
        .limit(1)
    ).first()
    if calls is None:
        return None
    address = calls.callee if calls.caller == number else calls.caller
    return db.session.scalar(
        select(CrmUser.id)
        .join(SipLine, SipLine.id == CrmUser.sip_line_id)
        .where(SipLine.name == address, CrmUser.removed_at.is_(None))
    )
