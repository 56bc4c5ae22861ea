"""Setting working hours: the week of a number, days that differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.routing.models import HoursException, LineHours
from portal.routing.spans import tidy_spans
from portal.telephony.models import Did

LONGEST_NOTE = 200
_MOST_EXCEPTIONS = 200
_LONGEST_DAYS = 366


def set_week(did_id: int, week: Sequence[str] | None) -> Did:
    """When a number is answered: seven texts from Monday on (`9-13, 14-18`; "" = closed), None for round the clock.

    Raises `NotFound`, and `Refused` at the field `day_N` (Monday is 0) for what is no hours.
    """
    did = _did(did_id)
    tidy = None if week is None else [_tidy(text, f"day_{number}") for number, text in enumerate(week)]
    if tidy is not None and not any(tidy):
        raise Refused(_("Give hours for one day at least: a number that is never answered misses every call."), "day_0")
    row = _hours(did_id)
    before, row.previous, row.week = row.week, row.week, tidy
    audit("hours.set", did.number, before={"week": before}, after={"week": tidy})
    return did


def undo_week(did_id: int) -> Did:
    """Takes the latest change of a number's week back; done again, it is there again. Raises `NotFound`."""
    did, row = _did(did_id), _hours(did_id)
    row.week, row.previous = row.previous, row.week
    audit("hours.set", did.number, before={"week": row.previous}, after={"week": row.week})
    return did


def add_exception(
    first_day: date | None, last_day: date | None, spans: str, *, did_id: int | None = None, note: str = ""
) -> HoursException:
    """Days with hours of their own ("" = closed), of one number or of all. Raises `NotFound`, `Refused`."""
    if first_day is None:
        raise Refused(_("Say which day."), "first_day")
    last_day = last_day or first_day
    if last_day < first_day:
        raise Refused(_("The last day comes before the first."), "last_day")
    if (last_day - first_day).days > _LONGEST_DAYS:
        raise Refused(_("At most a year at once."), "last_day")
    if len(exceptions()) >= _MOST_EXCEPTIONS:
        raise Refused(_("There are %(count)s exceptions already: remove old ones first.", count=_MOST_EXCEPTIONS))
    if did_id is not None:
        _did(did_id)
    row = HoursException(
        did_id=did_id,
        first_day=first_day,
        last_day=last_day,
        spans=_tidy(spans, "spans"),
        note=" ".join(note.split())[:LONGEST_NOTE],
    )
    db.session.add(row)
    db.session.flush()
    audit("hours.exception.add", str(first_day), after={"last_day": str(last_day), "spans": row.spans})
    return row


def remove_exception(exception_id: int) -> HoursException:
    """The usual hours are true again on these days; `restore_exception` takes that back. Raises `NotFound`."""
    row = _exception(exception_id)
    row.removed_at = now()
    audit("hours.exception.remove", str(row.first_day))
    return row


def restore_exception(exception_id: int) -> HoursException:
    """Takes a removal back. Raises `NotFound`."""
    row = _exception(exception_id)
    row.removed_at = None
    audit("hours.exception.restore", str(row.first_day))
    return row


def weeks() -> dict[int, Sequence[str] | None]:
    """The weeks of numbers by `Did.id`; numbers that are not in it are open round the clock."""
    return {row.did_id: row.week for row in db.session.scalars(select(LineHours))}


def exceptions() -> Sequence[HoursException]:
    """Days with hours of their own, the earliest first; without those that are long over."""
    return [row for row in _exceptions() if (now().date() - row.last_day).days <= 1]


def _exceptions() -> Sequence[HoursException]:
    query = select(HoursException).where(HoursException.removed_at.is_(None))
    return db.session.scalars(query.order_by(HoursException.first_day, HoursException.id)).all()


def _tidy(text: str, field: str) -> str:
    try:
        return tidy_spans(text)
    except ValueError:
        raise Refused(_("Write hours as 9:00–13:00, 14:00–18:00; leave it empty for a closed day."), field) from None


def _did(did_id: int) -> Did:
    did = db.session.get(Did, did_id)
    if did is None:
        raise NotFound
    return did


def _hours(did_id: int) -> LineHours:
    row = db.session.scalar(select(LineHours).where(LineHours.did_id == did_id).with_for_update())
    if row is None:
        row = LineHours(did_id=did_id, week=None)
        db.session.add(row)
    return row


def _exception(exception_id: int) -> HoursException:
    row = db.session.get(HoursException, exception_id)
    if row is None:
        raise NotFound
    return row
