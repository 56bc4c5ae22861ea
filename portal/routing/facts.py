"""What a decision about one call rests on: read in one transaction, then never looked at again.

The rehearsal reads the same facts and makes its plan by the same function as a real call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.accounts.models import Account
from portal.contacts.models import CrmUser
from portal.contacts.queries import owner_of
from portal.kernel.clock import start_of_day
from portal.kernel.db import db
from portal.kernel.tenancy import current_account_id
from portal.routing.models import FallbackKind, HuntStrategy, LineActivity
from portal.routing.queries import new_contact_group, receivers
from portal.telephony.engine import Presence
from portal.telephony.queries import find_sip_line


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may be rung. `key` is the place in the group (0: none); `address` is None without a phone."""

    key: int
    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What a SIP account answered last, and how often on the day that began at `day_started_at`."""

    last_ended_at: datetime
    day_started_at: datetime
    answered_count: int


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group's settings; durations in seconds."""

    strategy: HuntStrategy = HuntStrategy.SEQUENTIAL
    ring_seconds: int = 15
    rounds: int = 1
    total_seconds: int = 120
    owner_seconds: int = 15
    fallback: FallbackKind = FallbackKind.HANG_UP
    fallback_address: str | None = None
    fallback_label: str = ""
    last_member_key: int | None = None


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """Everything about one call that its plan depends on. `presence` and `activity` are keyed by address."""

    group: GroupFacts
    members: tuple[Member, ...]
    owner: Member | None = None
    presence: Mapping[str, Presence] = field(default_factory=dict)
    activity: Mapping[str, Activity] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def answered_today(self, address: str, now: datetime) -> int:
        """Answered calls since the account's midnight."""
        activity = self.activity.get(address)
        if activity is None or activity.day_started_at != start_of_day(now, self.zone):
            return 0
        return activity.answered_count


def read_facts(caller: str, presence: Mapping[str, Presence], *, locks_turn: bool = False) -> RouteFacts:
    """The facts of a call from `caller` ("" where withheld) to the entered account.

    `locks_turn` keeps every other call from reading round robin's position until this transaction ends.
    """
    group = new_contact_group(locks=locks_turn)
    members = tuple(Member(member.id, member.crm_user.name, _address(member.crm_user)) for member in receivers(group))
    owner = owner_of(caller) if caller else None
    return RouteFacts(
        group=GroupFacts(
            strategy=HuntStrategy(group.strategy),
            ring_seconds=group.ring_seconds,
            rounds=group.rounds,
            total_seconds=group.total_seconds,
            owner_seconds=group.owner_seconds,
            fallback=FallbackKind(group.fallback),
            fallback_address=group.fallback_address,
            fallback_label=_label(group.fallback_address),
            last_member_key=group.last_member_id,
        ),
        members=members,
        owner=None if owner is None else Member(0, owner.name, _address(owner)),
        presence=presence,
        activity=_activity([member.address for member in members if member.address]),
        zone=_zone(),
    )


def _address(user: CrmUser) -> str | None:
    return user.sip_line.name if user.sip_line is not None else None


def _label(address: str | None) -> str:
    line = find_sip_line(address) if address else None
    return line.label if line is not None else ""


def _activity(addresses: Sequence[str]) -> dict[str, Activity]:
    rows = db.session.scalars(select(LineActivity).where(LineActivity.address.in_(addresses)))
    return {row.address: Activity(row.last_ended_at, row.day_started_at, row.answered_count) for row in rows}


def _zone() -> ZoneInfo:
    return ZoneInfo(db.session.get_one(Account, current_account_id()).time_zone)
