"""Time zones by the cities that people know."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_gmt, get_timezone_location

from portal.kernel.clock import now

_OF_CITIES = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@cache
def known_zones() -> AbstractSet[str]:
    """The names of the tz database. Read once by a process: they lie in 600 files, all of which are opened for that."""
    return frozenset(available_timezones())


def zone_choices(locale: str, present: str) -> Sequence[tuple[str, str]]:
    """Each zone that is called after a city, and the `present` one: its name and `Moscow, UTC+03:00`, by city."""
    known = dict(_cities(locale))
    named = {present: present} | known if present not in known else known
    return [(name, f"{city}, {_utc_offset(name)}") for name, city in named.items()]


def _utc_offset(zone: str) -> str:
    """`UTC+03:00`, as it is now."""
    return "UTC" + get_timezone_gmt(now().astimezone(ZoneInfo(zone)), "iso8601").replace("Z", "+00:00")


@lru_cache(4)
def _cities(locale: str) -> Sequence[tuple[str, str]]:
    names = (name for name in known_zones() if name.startswith(_OF_CITIES))
    named = ((name, get_timezone_location(ZoneInfo(name), locale=locale, return_city=True)) for name in names)
    return sorted(named, key=lambda each: (each[1], each[0]))
