"""The page of working hours: a form per public number, and one for days that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_date
from wtforms import BooleanField, DateField, SelectField, StringField

from portal.integration.forms import CHOICE_WORDS
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.i18n import lazy_gettext as _l
from portal.routing.hours import hours_of
from portal.routing.models import HoursException
from portal.routing.opening_hours import exceptions, weeks
from portal.routing.reading import zone_of_account
from portal.telephony.models import Did
from portal.telephony.queries import dids
from portal.web.editing import EditForm
from portal.web.forms import BaseForm, row_id

PAGE = "integration/hours.html"
USUAL_WEEK = ("09:00-18:00",) * 5 + ("", "")
"""What is offered to a number that is open round the clock until now."""


class WeekForm(EditForm):
    """The hours of one number, a field per day."""

    round_the_clock = BooleanField(_l("Round the clock"))
    day_0 = StringField()
    day_1 = StringField()
    day_2 = StringField()
    day_3 = StringField()
    day_4 = StringField()
    day_5 = StringField()
    day_6 = StringField()

    def __init__(self, did: Did, week: Sequence[str] | None = None, **kwargs: Any) -> None:
        shown = week or USUAL_WEEK
        data = {f"day_{day}": spans for day, spans in enumerate(shown)} | {"round_the_clock": week is None}
        super().__init__(prefix=f"line-{did.id}-", data=data, **kwargs)
        names = language().locale.days["stand-alone"]["wide"]
        for day, field in enumerate(self.days):
            field.label.text = names[day].capitalize()

    @classmethod
    def saved(cls, did: Did, week: Sequence[str] | None) -> WeekForm:
        """As it is set; None: round the clock."""
        return cls(did, week, formdata=None).as_saved()

    @property
    def days(self) -> list[StringField]:
        """The seven fields from Monday on."""
        return [self[f"day_{day}"] for day in range(7)]

    def week(self) -> list[str] | None:
        """What was typed; None for round the clock."""
        return None if self.round_the_clock.data else [field.data or "" for field in self.days]


class ExceptionForm(BaseForm):
    """Days with hours of their own."""

    first_day = DateField(_l("From"))
    last_day = DateField(_l("To"))
    spans = StringField(_l("Hours"), render_kw={"autocomplete": "off", "maxlength": "100"})
    line = SelectField(_l("Number"), coerce=lambda text: row_id(str(text)) if text else None, **CHOICE_WORDS)
    note = StringField(_l("Note"), render_kw={"autocomplete": "off", "maxlength": "200"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = [(str(did.id), phone.display(did.number)) for did in dids()]
        self.line.choices = [("", _("all numbers")), *numbers]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """An empty day is no mistake of its form: the service says which is missing."""
        is_valid = super().validate(*args, **kwargs)
        for field in (self.first_day, self.last_day):
            if field.errors:
                typed = bool(field.raw_data and field.raw_data[0].strip())
                field.errors = [_("This is not a day.")] if typed else []
        return is_valid or not self.errors


@dataclass(frozen=True, slots=True)
class LineCard:
    """One number: its form, and whether it is answered now or when again."""

    did: Did
    form: WeekForm
    is_open: bool
    opens_at: datetime | None
    summary: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """Days that differ, in words."""

    row: HoursException
    days: str
    line: str


def hours_page(week: WeekForm | None = None, special: ExceptionForm | None = None) -> dict[str, Any]:
    """The page as saved, or with the form that was just refused."""
    saved, zone, moment = weeks(), zone_of_account(), now()
    cards: list[LineCard] = []
    for did in dids():
        form = WeekForm.saved(did, saved.get(did.id))
        is_refused = week is not None and week._prefix == form._prefix  # noqa: SLF001 - WTForms has no other word
        hours = hours_of(did.number)
        summary = week_in_words(saved.get(did.id))
        shown = week if week is not None and is_refused else form
        is_first = not cards and week is None
        cards.append(
            LineCard(
                did, shown, hours.is_open(moment, zone), hours.opens_at(moment, zone), summary, is_refused or is_first
            )
        )
    rows = [ExceptionRow(row, _days(row), _line(row)) for row in exceptions()]
    return {"lines": cards, "exceptions": rows, "special": special or ExceptionForm(formdata=None), "zone": zone.key}


def week_in_words(week: Sequence[str] | None) -> str:
    """`Mon–Fri 09:00–18:00`, days with the same hours together; closed days are left out."""
    if week is None:
        return _("round the clock")
    names = language().locale.days["stand-alone"]["abbreviated"]
    parts: list[str] = []
    first = 0
    for day in range(1, 8):
        if day < 7 and week[day] == week[first]:
            continue
        if week[first]:
            span = names[first] if day - first == 1 else f"{names[first]}–{names[day - 1]}"
            parts.append(f"{span} {week[first].replace('-', '–')}")
        first = day
    return "; ".join(parts)


def _days(row: HoursException) -> str:
    first = format_date(row.first_day, "medium")
    return first if row.first_day == row.last_day else f"{first} – {format_date(row.last_day, 'medium')}"


def _line(row: HoursException) -> str:
    number = next((did.number for did in dids() if did.id == row.did_id), None)
    return phone.display(number) if number else _("all numbers")
