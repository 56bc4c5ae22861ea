"""Reads what calls of the entered account are routed by, in the transaction of whoever asks.

A caller may wait meanwhile: columns are read and not rows as objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from portal.accounts.models import Account
from portal.contacts.models import CrmUser
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id
from portal.routing.facts import Activity, FallbackRule, GroupFacts, Member
from portal.routing.models import FallbackKind, HuntFallback, HuntGroup, HuntMember, HuntStrategy, LineActivity
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
).where(HuntGroup.removed_at.is_(None))
_MEMBERS = (
    select(
        HuntMember.group_id,
        HuntMember.id,
        CrmUser.id,
        CrmUser.name,
        CrmUser.is_on_duty,
        CrmUser.removed_at,
        SipLine.name,
    )
    .join(CrmUser, CrmUser.id == HuntMember.crm_user_id)
    .outerjoin(SipLine, SipLine.id == CrmUser.sip_line_id)
    .order_by(HuntMember.position)
)
_SPECIAL = select(
    HuntFallback.group_id,
    HuntFallback.cause,
    HuntFallback.kind,
    HuntFallback.address,
    HuntFallback.target_group_id,
)
_PEOPLE = (
    select(CrmUser.id, CrmUser.name, CrmUser.mobile, CrmUser.is_on_duty, SipLine.name)
    .outerjoin(SipLine, SipLine.id == CrmUser.sip_line_id)
    .where(CrmUser.removed_at.is_(None))
)


def read_groups() -> dict[int, GroupFacts]:
    """The groups of the entered account by id, each with its members."""
    groups = db.session.execute(_GROUPS).all()
    special: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for each in db.session.execute(_SPECIAL):
        special[each.group_id].append(each)
    members = _members()
    addresses = {each.fallback_address for each in groups} | {
        each.address for some in special.values() for each in some
    }
    labels = _labels(addresses - {None})
    return {each.id: _group(each, members[each.id], special[each.id], labels) for each in groups}


def read_people() -> tuple[dict[int, Member], dict[str, int]]:
    """The CRM users of the entered account by id, and the ids by their own mobile numbers."""
    people, mobiles = {}, {}
    for user_id, name, mobile, is_on_duty, address in db.session.execute(_PEOPLE):
        people[user_id] = Member(0, name, address, user_id, is_on_duty)
        if mobile is not None:
            mobiles[mobile] = user_id
    return people, mobiles


def read_activity(groups: Iterable[GroupFacts]) -> dict[str, Activity]:
    """Of those whom a strategy orders by it."""
    wanted = {member.address for group in groups if group.strategy in _BY_ACTIVITY for member in group.members} - {None}
    if not wanted:
        return {}
    row = LineActivity
    columns = select(row.address, row.last_ended_at, row.day_started_at, row.answered_count)
    found = db.session.execute(columns.where(row.address.in_(wanted)))
    return {address: Activity(ended_at, day, count) for address, ended_at, day, count in found}


def zone_of_account() -> ZoneInfo:
    """The zone of the entered account."""
    return ZoneInfo(
        db.session.execute(select(Account.time_zone).where(Account.id == current_account_id())).scalar_one()
    )


def _members() -> Mapping[int, Mapping[int, Member | None]]:
    """The members of each group by key, in their order; None for one whose CRM user was removed."""
    found: dict[int, dict[int, Member | None]] = defaultdict(dict)
    for group_id, key, user_id, name, is_on_duty, removed_at, address in db.session.execute(_MEMBERS):
        found[group_id][key] = Member(key, name, address, user_id, is_on_duty) if removed_at is None else None
    return found


def _labels(addresses: Collection[str]) -> dict[str, str]:
    if not addresses:
        return {}
    query = select(SipLine.name, SipLine.label).where(SipLine.name.in_(addresses))
    return dict(db.session.execute(query).all())


def _group(
    row: Row[*tuple[Any, ...]],
    members: Mapping[int, Member | None],
    special: Sequence[Row[Any]],
    labels: Mapping[str, str],
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
        members=tuple(each for each in members.values() if each is not None),
        places=tuple(members),
    )


def _rule(kind: str, address: str | None, group_id: int | None, labels: Mapping[str, str]) -> FallbackRule:
    return FallbackRule(FallbackKind(kind), address, labels.get(address or "", ""), group_id)
