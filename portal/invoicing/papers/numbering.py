"""Numbers without gaps, per seller, series and year: taken in the transaction that draws up the paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.invoicing.papers.models import PaperCounter, Series
from portal.kernel.db import db, upsert


@dataclass(frozen=True, slots=True)
class PaperNumber:
    """A number and the day that goes with it."""

    year: int
    number: int
    day: date


def take_number(seller_inn: str, series: Series, wanted: date) -> PaperNumber:
    """The next number, on the wanted day, or on the last one's where that was later: days follow the numbers.

    Whoever takes another one of the series waits until this transaction has ended; one that is undone leaves no gap.
    """
    key = {"seller_inn": seller_inn, "series": series, "year": wanted.year}
    upsert(PaperCounter, {**key, "last_number": 0, "last_day": wanted}, key=list(key))
    counter = db.session.scalars(
        select(PaperCounter).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).one()
    counter.last_number += 1
    counter.last_day = max(counter.last_day, wanted)
    return PaperNumber(wanted.year, counter.last_number, counter.last_day)
