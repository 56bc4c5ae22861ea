"""Ways to look for a text: in the seconds that SQLite's index names, and among the calls that PostgreSQL's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.calls.log import choice, moments
from portal.calls.log.filters import CallFilters
from portal.calls.log.looked import FAR, NEAR, Calls, Looked, of_keys, read, those
from portal.calls.log.stretch import LAST_ID, Key, Stretch
from portal.calls.log.textindex import MOST_NAMED, holders, longest_number, named_in_all, names_exactly
from portal.kernel import clock
from portal.kernel.db import db

_CANDIDATES = 1_500
"""Calls that the index of PostgreSQL names and that are read and compared at once."""
_READ_AT_ONCE = _CANDIDATES // 3
"""The same, where they are known in order."""
_MOST_NAMED_LOOKS = 3
_MANY_HAVE = 4
"""Digits that one call in some thousands has."""
_SECONDS_AT_ONCE = (600, 1_500, 6_000)
"""Seconds that the index of SQLite names, look by look."""
_SPARE = 3
"""The next part of a stretch is to hold so many times as many calls as are still wanted, if they are as frequent as in
what has been looked through: nights have few."""
_SHORT = timedelta(minutes=1)
_GROWTH = 1, 128
"""So many times as many calls as that, at least and at most."""
_GROWTH_OF_MANY = 4
"""At most where a text stands in many calls, though in none near."""
_NEARLY = 8
"""Where one in so many of the calls that are wanted has been found, the rest of them is not far."""


def by_moments(
    rows: Calls,
    filters: CallFilters,
    stretch: Stretch,
    wanted: int,
    *,
    classes: Sequence[int] | None,
    is_own: bool = False,
) -> Looked | None:
    """In the seconds that the text index of SQLite names; nothing where they are others' and not `is_own`."""
    if stretch.step >= len(_SECONDS_AT_ONCE):
        return None
    limit = _seconds(filters, stretch, wanted)
    edge, since, until = (clock.to_unix(each) for each in (stretch.edge, stretch.since, stretch.until))
    first, last = (edge, until) if stretch.is_backwards else (since, min(edge, until))
    backwards = stretch.is_backwards
    named = moments.calls_with(
        choice.needles(filters),
        first,
        last,
        classes=classes,
        is_own=is_own,
        oldest_first=backwards,
        limit=limit,
    )
    is_all = named.seconds < limit
    if named.is_crowded and not is_all and not is_own:
        return None
    ids = [row_id for moment, row_id in named.calls if stretch.holds(moment, row_id)]
    calls = read(stretch.in_order(those(rows, ids)).limit(wanted))
    farthest = named.last if backwards else named.first
    if is_all or farthest is None:
        return Looked(calls, None)
    # The last second has been looked through whole.
    moment = clock.from_unix(farthest)
    ahead = (moment + timedelta(microseconds=999_999), LAST_ID) if backwards else (moment, 0)
    return Looked(calls, replace(stretch.beyond(*ahead), step=stretch.step + 1))


def _seconds(filters: CallFilters, stretch: Stretch, wanted: int) -> int:
    """How many seconds the index is asked for: where the text alone is wanted, most of them hold a call that fits, and
    the second time as many as the rest is likely to be in.
    """
    most = _SECONDS_AT_ONCE[stretch.step]
    first = min(_SPARE * wanted // 2, _SECONDS_AT_ONCE[0]) if choice.is_told_by_text(filters) else _SECONDS_AT_ONCE[0]
    if stretch.step == 1:
        return min(max(_SPARE * first * (wanted - stretch.found) // (stretch.found + 1), first), most)
    return most if stretch.step else first


def by_marks(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """In the calls that the index of PostgreSQL names, which does not know the order: one period after the other."""
    if stretch.step >= _MOST_NAMED_LOOKS:
        return None
    needles = choice.needles(filters)
    window, rest = (stretch, None) if _is_rare(filters, stretch) else _nearer_part(stretch, wanted)
    # Where every call that is named fits, no more of them are read than are wanted.
    is_told = choice.is_told_by_text(filters) and names_exactly(needles)
    most = wanted if is_told else _CANDIDATES if stretch.step else 2 * _READ_AT_ONCE
    asked = holders(needles, *window.bounds(), oldest_first=stretch.is_backwards, limit=most + 1)
    named = db.session.execute(asked).all()
    if named[0][2] > MOST_NAMED:
        return Looked((), replace(stretch, is_thin=False, step=stretch.step + 1))
    keys = [(moment, row_id) for moment, row_id, _count in named if row_id is not None]
    calls = _first_of_keys(rows, [key for key in keys if stretch.holds(*key)], stretch, wanted)
    if len(keys) > most:
        return Looked(calls, replace(stretch.beyond(*keys[-1]), step=stretch.step + 1))
    if rest is None:
        return Looked(calls, None)
    if stretch.is_thin is None:
        # Where some have been found, another part or two will hold the others.
        is_far = (stretch.found + len(calls)) * _NEARLY < wanted
        is_thin = is_far and named_in_all(len(keys), rest.looked - stretch.looked) <= MOST_NAMED
        rest = replace(rest, is_thin=is_thin or None)
    return Looked(calls, rest)


def _is_rare(filters: CallFilters, stretch: Stretch) -> bool:
    """Whether so few calls hold the text, as far as can be told, that the index may name all of them at once.

    So it is with five digits, and not with four. What no near call has, three in as many have at most, but for one case
    in twenty.
    """
    if stretch.is_thin is not None:
        return stretch.is_thin
    if stretch.found:
        return False
    digits = longest_number(choice.needles(filters))
    if digits:
        return digits > _MANY_HAVE
    return choice.is_told_by_text(filters) and named_in_all(3, stretch.looked) <= MOST_NAMED


def _nearer_part(stretch: Stretch, wanted: int) -> tuple[Stretch, Stretch | None]:
    """The next part of it, as long as it takes to find what is wanted; and what is then left, if anything.

    Too short a part costs another question to the index, too long a one all the calls that are named in it.
    """
    sample = stretch.call_at(FAR)
    if sample is None:
        return stretch, None
    least, most = _GROWTH if stretch.is_thin is None else (1, _GROWTH_OF_MANY)
    growth = min(max(_SPARE * (wanted - stretch.found) // (stretch.found + 1), least), most)
    calls = growth * max(stretch.looked, NEAR)
    span = max(abs(sample[0] - stretch.edge), _SHORT) * calls / FAR
    if span >= abs(stretch.end() - stretch.edge):
        return stretch, None
    moment = stretch.edge + span if stretch.is_backwards else stretch.edge - span
    return stretch.up_to(moment), stretch.beyond(moment, 0, looked=calls)


def _first_of_keys(rows: Calls, keys: Sequence[Key], stretch: Stretch, wanted: int) -> Sequence[Any]:
    """The same, without those beyond the part in which enough of them fit."""
    found: list[Any] = []
    for begin in range(0, len(keys), _READ_AT_ONCE):
        if len(found) >= wanted:
            break
        found += of_keys(rows, keys[begin : begin + _READ_AT_ONCE], stretch, wanted - len(found))
    return found
