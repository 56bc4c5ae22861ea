"""Reads the facts of a call from the database, in the transaction of whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.accounts.models import Account
from portal.contacts.models import CrmUser
from portal.contacts.queries import employee_with
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id
from portal.routing.blacklist import blocked
from portal.routing.facts import Activity, FallbackRule, GroupFacts, Member, RouteFacts
from portal.routing.hours import hours_of
from portal.routing.models import FallbackKind, HuntGroup, HuntStrategy, LineActivity
from portal.routing.queries import NEW_CONTACTS, hunt_groups, new_contact_group, receivers
from portal.telephony.engine import Presence
from portal.telephony.plan import FallbackCause
from portal.telephony.queries import sip_lines


def read_facts(caller: str, did: str, presence: Mapping[str, Presence]) -> RouteFacts:
    """The facts of a call from `caller` ("" where withheld) to the number `did` of the entered account.

    Who looks after the caller is not among them: others may have to be asked (`routing.known`).
    """
    labels = {line.name: line.label for line in sip_lines()}
    groups = {group.id: _group(group, labels) for group in hunt_groups()}
    main = next(each for each in groups.values() if each.name == NEW_CONTACTS)
    entry = blocked(caller) if caller else None
    employee = employee_with(caller) if caller else None
    addresses = [member.address for group in groups.values() for member in group.members if member.address]
    return RouteFacts(
        group=main,
        groups=groups,
        caller=caller,
        did=did,
        blacklisted=None if entry is None else entry.note,
        hours=hours_of(did),
        employee=None if employee is None else member_of(employee),
        presence=presence,
        activity=_activity(addresses),
        zone=zone_of_account(),
    )


def read_turn() -> GroupFacts:
    """The group of new contacts anew, so that no other call can read round robin's position until this ends."""
    return _group(new_contact_group(locks=True), {line.name: line.label for line in sip_lines()})


def member_of(user: CrmUser, key: int = 0) -> Member:
    """A CRM user as somebody who may be rung."""
    return Member(key, user.name, user.sip_line.name if user.sip_line is not None else None, user.id, user.is_on_duty)


def zone_of_account() -> ZoneInfo:
    """The zone of the entered account."""
    return ZoneInfo(db.session.get_one(Account, current_account_id()).time_zone)


def _group(group: HuntGroup, labels: Mapping[str, str]) -> GroupFacts:
    return GroupFacts(
        id=group.id,
        name=group.name,
        strategy=HuntStrategy(group.strategy),
        ring_seconds=group.ring_seconds,
        rounds=group.rounds,
        total_seconds=group.total_seconds,
        owner_seconds=group.owner_seconds,
        fallback=_rule(group.fallback, group.fallback_address, group.fallback_group_id, labels),
        special={
            FallbackCause(each.cause): _rule(each.kind, each.address, each.target_group_id, labels)
            for each in group.fallbacks
        },
        members=tuple(member_of(member.crm_user, member.id) for member in receivers(group)),
        last_member_key=group.last_member_id,
    )


def _rule(kind: str, address: str | None, group_id: int | None, labels: Mapping[str, str]) -> FallbackRule:
    return FallbackRule(FallbackKind(kind), address, labels.get(address or "", ""), group_id)


def _activity(addresses: Sequence[str]) -> dict[str, Activity]:
    rows = db.session.scalars(select(LineActivity).where(LineActivity.address.in_(addresses)))
    return {row.address: Activity(row.last_ended_at, row.day_started_at, row.answered_count) for row in rows}
