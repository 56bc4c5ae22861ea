"""An account's rules for calls, read once and kept until they change.

Everything that people set: groups, hours, blacklist, CRM users. Who calls, and how phones are, comes with each call.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.kernel.clock import monotonic
from portal.kernel.prepared import Prepared
from portal.kernel.tenancy import current_account_id
from portal.routing.blacklist import blacklist
from portal.routing.facts import GroupFacts, Member
from portal.routing.hours import Hours, all_hours
from portal.routing.known_rules import known_contact_rules
from portal.routing.models import ContactSource, HuntGroup, OwnerMode, RoutingStamp
from portal.routing.queries import NEW_CONTACTS
from portal.routing.reading import read_groups, read_people, zone_of_account

_KEPT = 500
_LONGEST_SECONDS = 60.0
"""What somebody changed past our services is noticed after so long."""


@dataclass(frozen=True, slots=True)
class KnownRules:
    """How calls of known contacts go: see `models.KnownContactRules`."""

    mode: OwnerMode
    sources: tuple[ContactSource, ...]
    last_talk_hours: int
    budget_seconds: float
    lookup_url: str


@dataclass(frozen=True, slots=True)
class Rules:
    """`hours` by public number, `blacklist` the notes by number, `people` the CRM users by id, `mobiles` their ids."""

    groups: Mapping[int, GroupFacts]
    hours: Mapping[str, Hours]
    blacklist: Mapping[str, str]
    people: Mapping[int, Member]
    mobiles: Mapping[str, int]
    known: KnownRules
    zone: ZoneInfo

    @property
    def new_contacts(self) -> GroupFacts:
        """The group that takes calls of new contacts."""
        return next(each for each in self.groups.values() if each.name == NEW_CONTACTS)


@dataclass(frozen=True, slots=True)
class _Kept:
    word: str
    since: float
    rules: Rules


# Where round robin stands is no rule: it moves with every call.
_STAMP = Prepared(
    select(HuntGroup.id, HuntGroup.last_member_id, RoutingStamp.word).outerjoin(
        RoutingStamp, RoutingStamp.account_id == HuntGroup.account_id
    )
)


class RulesAtHand:
    """The rules of the accounts that have had calls lately. One per process, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def look(self) -> tuple[Rules, Mapping[int, int | None]]:
        """The rules of the entered account as they are now, and with whom round robin last began in each group.

        One short statement, and the rest only where something has changed.
        """
        stamped = _STAMP.all()
        turns, word = {group_id: last_member_id for group_id, last_member_id, _word in stamped}, stamped[0][2]
        account_id = current_account_id()
        with self._lock:
            kept = self._kept.get(account_id)
            if kept is not None and kept.word == word and monotonic() - kept.since < _LONGEST_SECONDS:
                self._kept.move_to_end(account_id)
                return kept.rules, turns
        since, rules = monotonic(), read_rules()
        if word is not None:
            # What changed while it was read is in the next stamp, and read again then.
            self._keep(account_id, _Kept(word, since, rules))
        return rules, turns

    def _keep(self, account_id: int, kept: _Kept) -> None:
        with self._lock:
            self._kept[account_id] = kept
            self._kept.move_to_end(account_id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def read_rules() -> Rules:
    """The rules of the entered account from their rows."""
    people, mobiles = read_people()
    rules = known_contact_rules()
    return Rules(
        groups=read_groups(),
        hours=all_hours(),
        blacklist={entry.number: entry.note for entry in blacklist()},
        people=people,
        mobiles=mobiles,
        known=KnownRules(
            mode=OwnerMode(rules.mode),
            sources=tuple(ContactSource(each) for each in rules.sources),
            last_talk_hours=rules.last_talk_hours,
            budget_seconds=rules.budget_ms / 1000,
            lookup_url=rules.lookup_url,
        ),
        zone=zone_of_account(),
    )
