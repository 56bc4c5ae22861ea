"""One look after another at the calls of a choice, each farther than the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Select

from portal.calls.log import choice, ways
from portal.calls.log.filters import CallFilters
from portal.calls.log.looked import Looked
from portal.calls.log.stretch import Stretch
from portal.kernel.paging import Cursor


def over(rows: Select[Any], filters: CallFilters, cursor: Cursor | None, wanted: int) -> Iterator[Looked]:
    """What of the choice's calls each look finds, `wanted` at most; `rows` says what is read of a call.

    The last one has `left` where the choice is rare and the log long: nobody knows what is further on.
    """
    rows = rows.where(*choice.conditions(filters))
    stretch = Stretch.of(filters, cursor)
    if not choice.is_choosy(filters):
        yield ways.all_of(rows, stretch, wanted)
        return
    straight = ways.of_few_classes(rows, filters, stretch, wanted)
    if straight is not None:
        yield straight
        return
    looked = ways.nearest(rows, stretch, wanted)
    yield looked
    found = len(looked.rows)
    for way in ways.farther(filters) if looked.left is not None else ():
        while looked.left is not None:
            further = way(rows, filters, replace(looked.left, found=found), wanted)
            if further is None:
                break
            looked = further
            yield looked
            found += len(looked.rows)
