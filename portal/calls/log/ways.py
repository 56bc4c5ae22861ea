"""Ways to look for the calls of a choice, each bounded in what it examines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from sqlalchemy import Select, select

from portal.calls.log import choice
from portal.calls.log.bytext import by_marks, by_moments
from portal.calls.log.filters import CallFilters
from portal.calls.log.looked import FAR, NEAR, Calls, Looked, of_keys, read, those
from portal.calls.log.models import CallClass
from portal.calls.log.newest import newest
from portal.calls.log.notices import notice_source
from portal.calls.log.stretch import CALLS, Stretch
from portal.calls.log.textindex import knows_text
from portal.calls.models import CallRecord
from portal.calls.remarks.models import CallTagging
from portal.kernel.db import db, is_sqlite
from portal.kernel.paging import NewestFirst
from portal.kernel.trigrams import GRAM

FEW_CLASSES = 500
"""Of so many the newest of each are sooner found than what the nearest calls hold of a rare choice."""
_OF_CLASSES_AT_ONCE = (150, 1_500, 4_500)
"""Calls of fitting classes that are read and compared, look by look: most of them fit, and few are enough."""

_TAGGED = NewestFirst(CallTagging.started_at, CallTagging.call_id)


Way = Callable[[Calls, CallFilters, Stretch, int], Looked | None]
"""Answers None when it can do no more."""


def all_of(rows: Calls, stretch: Stretch, wanted: int) -> Looked:
    """Every call is wanted."""
    return Looked(read(stretch.ordered(rows).limit(wanted)), None)


def nearest(rows: Calls, stretch: Stretch, wanted: int, among: int = NEAR) -> Looked:
    """Looks through the nearest calls, whatever they are."""
    last = stretch.call_at(among)
    if last is None:
        return all_of(rows, stretch, wanted)
    beyond = stretch.beyond(*last, looked=among)
    # The moment by itself as well: SQLite bounds no index by a pair, and would walk through the whole account.
    near = CALLS.reached(stretch.as_far_as(last[0]).ordered(rows), beyond.cursor())
    return Looked(read(near.limit(wanted)), beyond)


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
            yield partial(by_moments, classes=classes if is_of_classes else None)
            yield partial(by_moments, classes=classes if is_of_classes else None, is_own=True)
        else:
            if all(len(needle) == GRAM for needle in choice.needles(filters)):
                # Three characters stand in many calls, few of which may be of the class: the index would name them all.
                yield partial(_by_class, classes=classes, looks=2) if is_of_classes else _one_by_one
            yield by_marks
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
    calls = read(stretch.in_order(those(rows, [call_id for _moment, call_id in keys])).limit(wanted))
    return Looked(calls, stretch.beyond(*keys[-1]) if len(keys) == NEAR else None)


def _by_notices(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """Where few calls have such notices, those alone."""
    if filters.notices is None:
        return None
    ids = notice_source().calls(filters.notices, NEAR)
    if len(ids) >= NEAR:
        return None
    return all_of(rows.where(CallRecord.api_call_id.in_(ids)), stretch, wanted)


def of_few_classes(rows: Calls, filters: CallFilters, stretch: Stretch, wanted: int) -> Looked | None:
    """All that is to be found of a choice that its classes tell, where they are so few that each may be asked."""
    if not choice.is_told_by_class(filters):
        return None
    classes = _classes(filters, FEW_CLASSES + 1)
    if len(classes) > FEW_CLASSES:
        return None
    return Looked(of_keys(rows, newest(classes, stretch, wanted), stretch, wanted), None)


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
        return Looked(of_keys(rows, newest(classes, stretch, wanted), stretch, wanted), None)
    most = _OF_CLASSES_AT_ONCE[stretch.step]
    keys = newest(classes, stretch, most + 1)
    left = replace(stretch.beyond(*keys[most - 1]), step=stretch.step + 1) if len(keys) > most else None
    return Looked(of_keys(rows, keys[:most], stretch, wanted), left)


def _classes(filters: CallFilters, most: int | None = None) -> Sequence[int]:
    return db.session.scalars(select(CallClass.id).where(*choice.classes(filters)).limit(most)).all()
