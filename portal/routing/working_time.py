"""When an account works: while any of its public numbers is answered. For what is due so many working minutes later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.accounts.zone import account_zone
from portal.routing.hours import Hours, all_hours

_LOOK_AHEAD_DAYS = 60
"""An account that is closed for longer has no working minute: its work is due by the clock on the wall."""


class LineHoursTime:
    """See `followups.due.WorkingTime`."""

    def later(self, moment: datetime, minutes: int) -> datetime:
        """The moment at which the account will have worked so many minutes."""
        return working_later(list(all_hours().values()), account_zone(), moment, minutes)


def working_later(hours: Sequence[Hours], zone: ZoneInfo, moment: datetime, minutes: int) -> datetime:
    """The same for these hours; around the clock where there are none, or where one of them is always open."""
    left = timedelta(minutes=minutes)
    if not hours or any(each.is_always_open for each in hours):
        return moment + left
    for start, end in _open_stretches(hours, zone, moment):
        begin = max(start, moment)
        if end - begin >= left:
            return begin + left
        left -= max(end - begin, timedelta())
    return moment + timedelta(minutes=minutes)


def _open_stretches(hours: Sequence[Hours], zone: ZoneInfo, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When any of the numbers is answered, in order and without overlap, from the day before `moment` on."""
    first = moment.astimezone(zone).date() - timedelta(days=1)
    reached = None
    for days in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=days)
        for start, end in sorted(stretch for each in hours for stretch in each.stretches(day, zone)):
            begin = start if reached is None else max(start, reached)
            if end > begin:
                yield begin, end
                reached = end
