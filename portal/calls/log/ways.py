"""Ways to look for the calls of a choice, each bounded in what it examines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import BigInteger, Select, func, select, type_coerce

from portal.calls.log import choice, moments
from portal.calls.log.filters import CallFilters
from portal.calls.log.models import CallClass
from portal.calls.log.newest import newest
from portal.calls.log.notices import notice_source
from portal.calls.log.stretch import CALLS, LAST_ID, Key, Stretch
from portal.calls.log.textindex import are_few_in_all, holders, knows_text, longest_number, names_exactly
from portal.calls.models import CallRecord
from portal.calls.remarks.models import CallTagging
from portal.kernel import clock
from portal.kernel.among import among
from portal.kernel.db import db, is_sqlite
from portal.kernel.paging import NewestFirst
from portal.kernel.trigrams import GRAM

NEAR = 2_000
"""Calls that every choice is first looked for among: enough for what one call in forty is."""
FEW_CLASSES = 500
"""Of so many the newest of each are sooner found than what the nearest calls hold of a rare choice."""
FAR = 8_000
"""Calls that are looked through one by one at most."""
CANDIDATES = 1_500
"""Calls that an index of words names and that are read and compared at once."""
_READ_AT_ONCE = CANDIDATES // 3
"""The same, where they are known in order."""
_OF_CLASSES_AT_ONCE = (150, 1_500, 4_500)
"""The same of fitting classes, look by look: most of them fit, and few are enough."""
_MOST_NAMED_LOOKS = 3
_MANY_HAVE = 4
"""Digits that one call in some thousands has."""
_SECONDS_AT_ONCE = (600, 1_500, 6_000)
"""The same of seconds that the text index of SQLite names."""
_SPARE = 3
"""The next part of a stretch is to hold so many times as many calls as are still wanted, if they are as frequent as in
what has been looked through: nights have few."""
_SHORT = timedelta(minutes=1)
_GROWTH = 1, 128
"""So many times as many calls as that, at least and at most."""
_NEARLY = 8
"""Where one in so many of the calls that are wanted has been found, the rest of them is not far."""

Calls = Select[Any]
"""What is to be read of calls: `select(CallRecord)`, or some of its columns."""
_TAGGED = NewestFirst(CallTagging.started_at, CallTagging.call_id)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look has found, the nearest first, and what is left to look through: None where it has seen all."""

    rows: Sequence[Any]
    left: Stretch | None


Way = Callable[[Calls, CallFilters, Stretch, int], Looked | None]
"""Answers None when it can do no more."""


def all_of(rows: Calls, stretch: Stretch, wanted: int) -> Looked:
    """Every call is wanted."""
    return Looked(_read(stretch.ordered(rows).limit(wanted)), None)


def nearest(rows: Calls, stretch: Stretch, wanted: int, among: int = NEAR) -> Looked:
    """Looks through the nearest calls, whatever they are."""
    last = stretch.call_at(among)
    if last is None:
        return all_of(rows, stretch, wanted)
    beyond = stretch.beyond(*last, looked=among)
    # The moment by itself as well: SQLite bounds no index by a pair, and would walk through the whole account.
    near = CALLS.reached(stretch.as_far_as(last[0]).ordered(rows), beyond.cursor())
    return Looked(_read(near.limit(wanted)), beyond)


def farther(filters: CallFilters) -> Iterator[Way]:
    """The ways for a choice that the nearest calls do not answer, the best first."""
    if filters.tag is not None:
        yield _by_tag
    if filters.notices is not None:
        yield _by_notices
    is_of_classes = bool(choice.classes(filters))
    classes = _classes(filters) if is_of_classes else ()
    if any(len(needle) >= GRAM for needle in choice.needles(filters)) and knows_text():
        if is_sqlite():
            yield partial(_by_moments, classes=classes if is_of_classes else None)
            yield partial(_by_moments, classes=classes if is_of_classes else None, is_own=True)
        else:
            if all(len(needle) == GRAM for needle in choice.needles(filters)):
                # Three characters stand in many calls, few of which may be of the class: the index would name them all.
                yield partial(_by_class, classes=classes, looks=2) if is_of_classes else _one_by_one
            yield _by_trigrams
    if is_of_classes:
        yield partial(_by_class, classes=classes)
    yield _one_by_one


def _one_by_one(rows: Calls, _filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    if stretch.step:
        return None
    looked = nearest(rows, stretch, wanted, FAR)
    return Looked(looked.rows, looked.left and replace(looked.left, step=1))


def _by_tag(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """The next calls of the tag, in the order of the log."""
    ours = select(CallTagging.started_at, CallTagging.call_id).where(CallTagging.tag_id == filters.tag)
    within = ours.where(CallTagging.started_at >= stretch.since, CallTagging.started_at < stretch.until)
    keys = db.session.execute(_TAGGED.ordered(cast("Select[Any]", within), stretch.cursor()).limit(NEAR)).all()
    calls = _read(stretch.in_order(_among(rows, [call_id for _moment, call_id in keys])).limit(wanted))
    return Looked(calls, stretch.beyond(*keys[-1]) if len(keys) == NEAR else None)


def _by_notices(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """Where few calls have such notices, those alone."""
    if filters.notices is None:
        return None
    ids = notice_source().calls(filters.notices, NEAR)
    if len(ids) >= NEAR:
        return None
    return all_of(rows.where(CallRecord.api_call_id.in_(ids)), stretch, wanted)


def _by_moments(
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
    calls = _read(stretch.in_order(_among(rows, ids)).limit(wanted))
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


def _by_trigrams(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """In the calls that the indexes of PostgreSQL name, which do not know the order: one period after the other."""
    if stretch.step >= _MOST_NAMED_LOOKS:
        return None
    needles = choice.needles(filters)
    is_exact = names_exactly(needles)
    are_few = stretch.is_thin or _is_rare(filters, stretch)
    window, rest = (stretch, None) if are_few else _nearer_part(stretch, wanted)
    # Where every call that is named fits, no more of them are read than are wanted.
    most = wanted if choice.is_told_by_text(filters) and is_exact else _READ_AT_ONCE if not stretch.step else CANDIDATES
    named = holders(needles, *window.bounds(), oldest_first=stretch.is_backwards, limit=most + 1, are_few=are_few)
    keys = [(moment, row_id) for moment, row_id in db.session.execute(named).all()]
    calls = _first_of_keys(rows, [key for key in keys if stretch.holds(*key)], stretch, wanted)
    if len(keys) > most:
        return Looked(calls, replace(stretch.beyond(*keys[-1]), step=stretch.step + 1))
    if rest is None:
        return Looked(calls, None)
    # Where some have been found, another part or two will hold the others.
    is_far = (stretch.found + len(calls)) * _NEARLY < wanted
    return Looked(calls, replace(rest, is_thin=is_far and are_few_in_all(len(keys), rest.looked - stretch.looked)))


def _is_rare(filters: CallFilters, stretch: Stretch) -> bool:
    """Whether no near call holds the text, and therefore so few do that the index may name all of them at once.

    Five digits always do, four never. What none of n has, three of n have at most (but for one case in twenty).
    """
    if stretch.found:
        return False
    digits = longest_number(choice.needles(filters))
    if digits:
        return digits > _MANY_HAVE
    return choice.is_told_by_text(filters) and are_few_in_all(3, stretch.looked)


def _nearer_part(stretch: Stretch, wanted: int) -> tuple[Stretch, Stretch | None]:
    """The next part of it, as long as it takes to find what is wanted; and what is then left, if anything.

    Too short a part costs another question to the index, too long a one all the calls that are named in it.
    """
    sample = stretch.call_at(FAR)
    if sample is None:
        return stretch, None
    least, most = _GROWTH
    growth = min(max(_SPARE * (wanted - stretch.found) // (stretch.found + 1), least), most)
    calls = growth * max(stretch.looked, NEAR)
    span = max(abs(sample[0] - stretch.edge), _SHORT) * calls / FAR
    if span >= abs(stretch.end() - stretch.edge):
        return stretch, None
    moment = stretch.edge + span if stretch.is_backwards else stretch.edge - span
    return stretch.up_to(moment), stretch.beyond(moment, 0, looked=calls)


def of_few_classes(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """All that is to be found of a choice that its classes tell, where they are so few that each may be asked."""
    if not choice.is_told_by_class(filters):
        return None
    classes = _classes(filters, FEW_CLASSES + 1)
    if len(classes) > FEW_CLASSES:
        return None
    return Looked(_of_keys(rows, newest(classes, stretch, wanted), stretch, wanted), None)


def _by_class(
    rows: Calls,
    filters: CallFilters,
    stretch: Stretch,
    wanted: int,
    *,
    classes: Sequence[int],
    looks: int = len(_OF_CLASSES_AT_ONCE),
) -> Looked | None:
    """The newest of each class that the choice is made of."""
    if stretch.step >= looks:
        return None
    if choice.is_told_by_class(filters):
        return Looked(_of_keys(rows, newest(classes, stretch, wanted), stretch, wanted), None)
    most = _OF_CLASSES_AT_ONCE[stretch.step]
    keys = newest(classes, stretch, most + 1)
    left = replace(stretch.beyond(*keys[most - 1]), step=stretch.step + 1) if len(keys) > most else None
    return Looked(_of_keys(rows, keys[:most], stretch, wanted), left)


def _classes(filters: CallFilters, most: int | None = None) -> Sequence[int]:
    return db.session.scalars(select(CallClass.id).where(*choice.classes(filters)).limit(most)).all()


def _of_keys(rows: Calls, keys: Sequence[Key], stretch: Stretch, wanted: int) -> Sequence[Any]:
    """The calls of these that fit, the nearest first."""
    if not keys:
        return ()
    return _read(stretch.in_order(_among(rows, [row_id for _moment, row_id in keys])).limit(wanted))


def _first_of_keys(rows: Calls, keys: Sequence[Key], stretch: Stretch, wanted: int) -> Sequence[Any]:
    """The same, without those beyond the part in which enough of them fit."""
    found: list[Any] = []
    for begin in range(0, len(keys), _READ_AT_ONCE):
        if len(found) >= wanted:
            break
        found += _of_keys(rows, keys[begin : begin + _READ_AT_ONCE], stretch, wanted - len(found))
    return found


def _among(rows: Calls, ids: Sequence[int]) -> Calls:
    """Those of `rows` that have one of these ids."""
    if not is_sqlite():
        return rows.where(among(CallRecord.id, "ids")).params(ids=list(ids))
    listed = func.json_each(json.dumps(list(ids))).table_valued("value")
    return rows.join(listed, CallRecord.id == type_coerce(listed.c.value, BigInteger))


def _read(rows: Calls) -> Sequence[Any]:
    return db.session.execute(rows).all()
