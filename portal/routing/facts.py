"""What a decision about one call rests on: read once, then never looked at again. Pure data.

The rehearsal reads the same facts and makes its plan by the same function as a real call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.kernel.clock import start_of_day
from portal.routing.hours import Hours
from portal.routing.models import ContactSource, FallbackKind, HuntStrategy, OwnerMode
from portal.telephony.engine import Presence
from portal.telephony.plan import FallbackCause


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may be rung. `key` is the place in the group (0: none); `address` is None without a phone."""

    key: int
    name: str
    address: str | None
    user_id: int = 0
    is_on_duty: bool = True


@dataclass(frozen=True, slots=True)
class Activity:
    """What a SIP account answered last, and how often on the day that began at `day_started_at`."""

    last_ended_at: datetime
    day_started_at: datetime
    answered_count: int


@dataclass(frozen=True, slots=True)
class FallbackRule:
    """What is done for one cause. `label` names the address, `group_id` the group where the kind is GROUP."""

    kind: FallbackKind = FallbackKind.HANG_UP
    address: str | None = None
    label: str = ""
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A group's settings; durations in seconds. `special` are the causes that have a rule of their own.

    `places` are the keys of all members in their order, also of those whose CRM user has gone since: round robin goes
    on from where it was. Empty: the members' own.
    """

    id: int = 0
    name: str = ""
    strategy: HuntStrategy = HuntStrategy.SEQUENTIAL
    ring_seconds: int = 15
    rounds: int = 1
    total_seconds: int = 120
    owner_seconds: int = 15
    fallback: FallbackRule = field(default_factory=FallbackRule)
    special: Mapping[FallbackCause, FallbackRule] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    places: Sequence[int] = ()
    last_member_key: int | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """What one source said of the caller. `result` is a `lookup.LookupResult` for a CRM, else "found" or "nobody"."""

    source: ContactSource
    result: str
    name: str = ""
    is_cached: bool = False
    took_ms: int = 0


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """Everything about one call that its plan depends on. `presence` and `activity` are keyed by address.

    `blacklisted` is the entry's note ("" without one), None for a number that is not listed. `employee` is the CRM
    user from whose mobile the call comes, `owner` the one who looks after the caller, as found by `askings`.
    `own_numbers` are the account's public numbers.
    """

    group: GroupFacts
    groups: Mapping[int, GroupFacts] = field(default_factory=dict)
    caller: str = ""
    did: str = ""
    own_numbers: Collection[str] = ()
    blacklisted: str | None = None
    hours: Hours = field(default_factory=Hours)
    employee: Member | None = None
    owner: Member | None = None
    owner_mode: OwnerMode = OwnerMode.FIRST
    askings: tuple[Asking, ...] = ()
    presence: Mapping[str, Presence] = field(default_factory=dict)
    activity: Mapping[str, Activity] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def answered_today(self, address: str, now: datetime) -> int:
        """Answered calls since the account's midnight."""
        activity = self.activity.get(address)
        if activity is None or activity.day_started_at != start_of_day(now, self.zone):
            return 0
        return activity.answered_count

    def comes_back(self, address: str) -> bool:
        """Whether a call passed on there would come in again, or ring the caller: it must not be."""
        return address == self.caller or address in self.own_numbers

    def is_let_in(self, now: datetime) -> bool:
        """Neither blacklisted nor outside working hours: only then is anybody asked about the caller."""
        return self.blacklisted is None and self.hours.is_open(now, self.zone)
