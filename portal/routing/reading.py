"""Reads the facts of a call from the database, in the transaction of whoever asks.

A caller waits meanwhile: columns are read and not rows as objects, and only what this account's settings ask for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, update

from portal.accounts.models import Account
from portal.contacts.models import CrmUser
from portal.contacts.queries import employee_with
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id
from portal.routing.blacklist import blocked
from portal.routing.facts import Activity, FallbackRule, GroupFacts, Member, RouteFacts
from portal.routing.hours import hours_of
from portal.routing.models import FallbackKind, HuntFallback, HuntGroup, HuntMember, HuntStrategy, LineActivity
from portal.routing.queries import NEW_CONTACTS
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine
from portal.telephony.plan import FallbackCause

_BY_ACTIVITY = (HuntStrategy.LONGEST_IDLE, HuntStrategy.FEWEST_TODAY)
# Made once: to make a statement takes longer than to carry it out.
_GROUPS = select(
    HuntGroup.id,
    HuntGroup.name,
    HuntGroup.strategy,
    HuntGroup.ring_seconds,
    HuntGroup.rounds,
    HuntGroup.total_seconds,
    HuntGroup.owner_seconds,
    HuntGroup.fallback,
    HuntGroup.fallback_address,
    HuntGroup.fallback_group_id,
    HuntGroup.last_member_id,
).where(HuntGroup.removed_at.is_(None))
_MEMBERS = (
    select(HuntMember.group_id, HuntMember.id, CrmUser.id, CrmUser.name, CrmUser.is_on_duty, SipLine.name)
    .join(CrmUser, CrmUser.id == HuntMember.crm_user_id)
    .outerjoin(SipLine, SipLine.id == CrmUser.sip_line_id)
    .where(CrmUser.removed_at.is_(None))
    .order_by(HuntMember.position)
)
_SPECIAL = select(
    HuntFallback.group_id,
    HuntFallback.cause,
    HuntFallback.kind,
    HuntFallback.address,
    HuntFallback.target_group_id,
)
# SQLite has no row locks: there a writing transaction waits for the one writer from its beginning.
_TURN = select(HuntGroup.id, HuntGroup.last_member_id).where(HuntGroup.name == NEW_CONTACTS).with_for_update()


def read_facts(caller: str, did: str, presence: Mapping[str, Presence]) -> RouteFacts:
    """The facts of a call from `caller` ("" where withheld) to the number `did` of the entered account.

    Who looks after the caller is not among them: others may have to be asked (`routing.known`).
    """
    groups = _groups()
    entry = blocked(caller) if caller else None
    employee = employee_with(caller) if caller else None
    return RouteFacts(
        group=next(each for each in groups.values() if each.name == NEW_CONTACTS),
        groups=groups,
        caller=caller,
        did=did,
        blacklisted=None if entry is None else entry.note,
        hours=hours_of(did),
        employee=None if employee is None else member_of(employee),
        presence=presence,
        activity=_activity(groups.values()),
        zone=zone_of_account(),
    )


def read_turn() -> tuple[int, int | None]:
    """The group of new contacts and where its round robin stands; no other call reads that until this one has ended."""
    group_id, last_member_id = db.session.execute(_TURN).one()
    return group_id, last_member_id


def keep_turn(group_id: int, member_id: int) -> None:
    """The next call's round robin begins after this member."""
    db.session.execute(update(HuntGroup).where(HuntGroup.id == group_id).values(last_member_id=member_id))


def member_of(user: CrmUser, key: int = 0) -> Member:
    """A CRM user as somebody who may be rung."""
    return Member(key, user.name, user.sip_line.name if user.sip_line is not None else None, user.id, user.is_on_duty)


def zone_of_account() -> ZoneInfo:
    """The zone of the entered account."""
    return ZoneInfo(
        db.session.execute(select(Account.time_zone).where(Account.id == current_account_id())).scalar_one()
    )


def _groups() -> dict[int, GroupFacts]:
    groups = db.session.execute(_GROUPS).all()
    special: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for each in db.session.execute(_SPECIAL):
        special[each.group_id].append(each)
    members = _members()
    addresses = {each.fallback_address for each in groups} | {
        each.address for some in special.values() for each in some
    }
    labels = _labels(addresses - {None})
    return {each.id: _group(each, members.get(each.id, ()), special[each.id], labels) for each in groups}


def _members() -> dict[int, list[Member]]:
    """The members of each group in their order, without those whose CRM user was removed (a removal can be undone)."""
    found: dict[int, list[Member]] = defaultdict(list)
    for group_id, key, user_id, name, is_on_duty, address in db.session.execute(_MEMBERS):
        found[group_id].append(Member(key, name, address, user_id, is_on_duty))
    return found


def _labels(addresses: Collection[str]) -> dict[str, str]:
    if not addresses:
        return {}
    query = select(SipLine.name, SipLine.label).where(SipLine.name.in_(addresses))
    return dict(db.session.execute(query).all())


def _group(
    row: Row[*tuple[Any, ...]], members: Sequence[Member], special: Sequence[Row[Any]], labels: Mapping[str, str]
) -> GroupFacts:
    return GroupFacts(
        id=row.id,
        name=row.name,
        strategy=HuntStrategy(row.strategy),
        ring_seconds=row.ring_seconds,
        rounds=row.rounds,
        total_seconds=row.total_seconds,
        owner_seconds=row.owner_seconds,
        fallback=_rule(row.fallback, row.fallback_address, row.fallback_group_id, labels),
        special={
            FallbackCause(each.cause): _rule(each.kind, each.address, each.target_group_id, labels) for each in special
        },
        members=tuple(members),
        last_member_key=row.last_member_id,
    )


def _rule(kind: str, address: str | None, group_id: int | None, labels: Mapping[str, str]) -> FallbackRule:
    return FallbackRule(FallbackKind(kind), address, labels.get(address or "", ""), group_id)


def _activity(groups: Iterable[GroupFacts]) -> dict[str, Activity]:
    """Of those whom a strategy orders by it."""
    wanted = {member.address for group in groups if group.strategy in _BY_ACTIVITY for member in group.members} - {None}
    if not wanted:
        return {}
    row = LineActivity
    columns = select(row.address, row.last_ended_at, row.day_started_at, row.answered_count)
    found = db.session.execute(columns.where(row.address.in_(wanted)))
    return {address: Activity(ended_at, day, count) for address, ended_at, day, count in found}
