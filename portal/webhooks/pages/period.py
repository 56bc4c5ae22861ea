"""A moment or a period in an address: typed in the account's zone, or given by a preset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.kernel.clock import now
from portal.web.filters import zone

DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_LONGEST_LOOK = timedelta(hours=1)
"""What is nearly as old as notices may become is forgotten while somebody looks at the page, or sends in batches."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, and as a field of the page holds it."""

    moment: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, before `until`; and as the fields hold them."""

    since: datetime
    until: datetime
    since_text: str
    until_text: str

    def divided(self, at: datetime | None) -> tuple[Period, Period | None]:
        """What comes before that moment, and the rest; None divides nothing."""
        if at is None:
            return self, None
        text = in_field(at)
        return replace(self, until=at, until_text=text), replace(self, since=at, since_text=text)


def parse(text: str) -> datetime | None:
    """`2026-11-25` or `2026-11-25T14:05`, in the zone of the page; None for nonsense."""
    try:
        local = datetime.fromisoformat(text.strip()[:16])
        return (local if local.tzinfo else local.replace(tzinfo=zone())).astimezone(now().tzinfo)
    except (ValueError, OverflowError):
        return None


def in_field(moment: datetime) -> str:
    """As `<input type="datetime-local">` takes it."""
    return moment.astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def read_moment(values: Mapping[str, str], name: str, ago: timedelta = DAY) -> Moment:
    """What stands there, else a day ago."""
    moment = parse(values.get(name, "")) or now() - ago
    return Moment(moment, in_field(moment))


def read_period(values: Mapping[str, str], hears_since: datetime, kept: timedelta) -> Period:
    """What stands there, else the last day, but nothing of before the webhook heard of such calls.

    Nor does it reach further back than notices are `kept`: of a call of before nobody knows whether it arrived. The end
    is never before the beginning.
    """
    since = parse(values.get("from", "")) or max(now() - DAY, hears_since)
    # A field holds no seconds: the minute in which the webhook began to hear begins with that moment.
    since = hears_since if since <= hears_since < since + _MINUTE else since
    since = max(since, now() - kept + _LONGEST_LOOK)
    # A field holds no seconds: the present minute is part of the period.
    until = parse(values.get("to", "")) or now() + _MINUTE
    until = max(since, until)
    return Period(since, until, in_field(since), in_field(until))
