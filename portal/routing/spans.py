"""Hours of a day as people write them: `9-13, 14:00–18:00`. Pure.

A span is two minutes of the day, from and to; one whose end is not after its beginning ends on the next day.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]

DAY = 24 * 60
_MOST_SPANS = 6
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
_SPAN = re.compile(rf"{_TIME}\s*[-\N{{EN DASH}}\N{{EM DASH}}\N{{MINUS SIGN}}]\s*{_TIME}")


def parse_spans(text: str) -> tuple[Span, ...]:
    """The spans of one day in their order; "" has none. Raises ValueError for what is no such text.

    Spans of one text may not overlap; only the last may go on into the next day.
    """
    parts = [part.strip() for part in re.split(r"[,;]+", text) if part.strip()]
    if len(parts) > _MOST_SPANS:
        raise ValueError("too many spans")
    spans = sorted(_span(part) for part in parts)
    for (_start, end), (following, _end) in itertools.pairwise(spans):
        if end > following or end <= _start:
            raise ValueError("spans overlap")
    return tuple(spans)


def write_spans(spans: Sequence[Span]) -> str:
    """The one form in which spans are kept and shown: `09:00-13:00, 14:00-18:00`."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)


def tidy_spans(text: str) -> str:
    """The same hours in the form in which they are kept. Raises ValueError as `parse_spans`."""
    return write_spans(parse_spans(text))


def is_within(moment: datetime, today: Sequence[Span], yesterday: Sequence[Span]) -> bool:
    """Whether a local moment is in one of today's spans, or in one of yesterday's that goes on into today."""
    minute = moment.hour * 60 + moment.minute
    if any(start <= minute < (end if end > start else DAY) for start, end in today):
        return True
    return any(end <= start and minute < end for start, end in yesterday)


def starts_of(spans: Sequence[Span], day: datetime) -> list[datetime]:
    """When each span of this local day begins."""
    midnight = datetime.combine(day.date(), time(), day.tzinfo)
    return [midnight + timedelta(minutes=start) for start, _end in spans]


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"no span: {text!r}")
    start, end = _minute(found[1], found[2]), _minute(found[3], found[4])
    if start in (DAY, end):
        raise ValueError(f"an empty span: {text!r}")
    return start, end


def _minute(hours: str, minutes: str | None) -> int:
    minute = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or minute > DAY:
        raise ValueError("no time of a day")
    return minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
