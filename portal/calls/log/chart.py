"""The totals of a choice as a page draws them: columns by hour, day or month, each leading to its calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.calls.log.bar import address
from portal.calls.log.filters import CallFilters
from portal.calls.log.totals import Column, Sums
from portal.kernel.i18n import ngettext
from portal.web.filters import day, day_short, hour, month, month_short

_MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One column; `share` is that of the highest. `label` and `text` are "" where there is no room for words."""

    name: str
    label: str
    text: str
    title: str
    share: float
    url: str | None
    sums: Sums
    is_current: bool = False


def bars(filters: CallFilters, columns: Sequence[Column]) -> list[Bar]:
    """A bar for each period."""
    highest = max((column.sums.calls for column in columns), default=0) or 1
    apart = -(-len(columns) // _MOST_LABELS)
    query = filters.query()
    return [
        _bar(query, column, column.sums.calls / highest, has_label=number % apart == 0, has_text=apart == 1)
        for number, column in enumerate(columns)
    ]


def _bar(query: dict[str, str], column: Column, share: float, *, has_label: bool, has_text: bool) -> Bar:
    name, label = _words(column)
    calls = ngettext("%(num)d call", "%(num)d calls", column.sums.calls)
    period = {"from": str(column.first_day), "to": str(column.last_day)}
    return Bar(
        name=name,
        label=label if has_label else "",
        text=str(column.sums.calls) if has_text else "",
        title=f"{name}: {calls}",
        share=share,
        url=None if column.hour else address(query | period),
        sums=column.sums,
    )


def _words(column: Column) -> tuple[str, str]:
    """The name of the period, and a short one."""
    if column.hour:
        began = hour(column.hour)
        return began, began.removesuffix(":00")
    if column.first_day == column.last_day:
        return day(column.first_day), day_short(column.first_day)
    return month(column.first_day), month_short(column.first_day)
