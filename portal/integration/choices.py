"""The words of the page's choices: strategies, what happens in the end, how long a replaced key works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal.accounts.api_keys import OVERLAPS
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.routing.models import FallbackKind, HuntStrategy
from portal.web.access import Permission


@dataclass(frozen=True, slots=True)
class StrategyCard:
    """A hunting strategy as the page offers it; `picture` names its drawing."""

    title: str
    text: str
    picture: str


def strategy_cards() -> dict[HuntStrategy, StrategyCard]:
    """The six strategies in the order in which they are offered."""
    return {
        HuntStrategy.SEQUENTIAL: StrategyCard(
            _("One after another"), _("In the order of the list, until somebody answers"), "sequential"
        ),
        HuntStrategy.SIMULTANEOUS: StrategyCard(
            _("All at once"), _("All phones ring; when one is taken the others fall silent"), "all-at-once"
        ),
        HuntStrategy.ROUND_ROBIN: StrategyCard(
            _("Round robin"), _("Each call begins with the next one of the list"), "round-robin"
        ),
        HuntStrategy.LONGEST_IDLE: StrategyCard(
            _("Longest idle"), _("First whoever finished talking the longest time ago"), "longest-idle"
        ),
        HuntStrategy.FEWEST_TODAY: StrategyCard(
            _("Fewest calls today"), _("First whoever has answered the fewest calls today"), "fewest-calls"
        ),
        HuntStrategy.RANDOM: StrategyCard(_("Random"), _("In an order drawn anew for each call"), "random"),
    }


def fallback_choices() -> list[tuple[str, str]]:
    """What happens when nobody answers."""
    return [
        (FallbackKind.HANG_UP, _("End the call")),
        (FallbackKind.SIP_LINE, _("Ring a SIP account")),
        (FallbackKind.NUMBER, _("Call an outside number")),
    ]


def scope_words() -> dict[str, str]:
    """What a key may do, short."""
    return {
        Permission.API_CALLS: _("list of calls"),
        Permission.API_RECORDS: _("records"),
        Permission.API_OUTCOME: _("placing calls"),
    }


def overlap_choices() -> list[tuple[int, str]]:
    """How long the replaced key still works, in seconds and in words."""
    return [(int(overlap.total_seconds()), _overlap(overlap)) for overlap in OVERLAPS]


def _overlap(overlap: timedelta) -> str:
    hours = int(overlap.total_seconds()) // 3600
    if hours == 0:
        return _("It ends at once")
    if hours <= 24:
        return ngettext("It works for %(num)s more hour", "It works for %(num)s more hours", hours)
    return ngettext("It works for %(num)s more day", "It works for %(num)s more days", overlap.days)
