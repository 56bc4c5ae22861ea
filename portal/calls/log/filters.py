"""What the call log is filtered by, as it stands in the address (contract, section 4).

Nonsense is left out, with a note for the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from portal.calls.log.notices import Notices
from portal.kernel import textsearch
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import parse_amount
from portal.telephony.addresses import is_outside_number, is_sip_account
from portal.telephony.engine import CallKind, CallOutcome
from portal.web.filters import duration
from portal.web.forms import row_id

T = TypeVar("T")


class Direction(StrEnum):
    """Which way a call goes, in the words of the address."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"

    @property
    def kind(self) -> CallKind:
        """The same in the words of telephony."""
        return _KINDS[self]


_KINDS = {Direction.IN: CallKind.INCOMING, Direction.OUT: CallKind.OUTGOING, Direction.INTERNAL: CallKind.INTERNAL}
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class CallFilters:
    """A choice of calls; None does not choose. Days are those of `zone`, both ends included."""

    zone: ZoneInfo = field(default=ZoneInfo("UTC"))
    q: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    direction: Direction | None = None
    outcome: CallOutcome | None = None
    line: str | None = None
    sip: str | None = None
    has_record: bool | None = None
    min_talk: int | None = None
    max_talk: int | None = None
    """Seconds of talk, both ends included."""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    notices: Notices | None = None
    tag: int | None = None
    """The row id of a tag of the account's list."""

    @property
    def since(self) -> datetime | None:
        """The moment when the first day begins."""
        return self._midnight(self.first_day) if self.first_day else None

    @property
    def until(self) -> datetime | None:
        """The moment when the last day is over."""
        return self._midnight(self.last_day + timedelta(days=1)) if self.last_day else None

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def query(self) -> dict[str, str]:
        """The names and values that stand in the address for this choice."""
        record = None if self.has_record is None else _RECORD_WORDS[self.has_record]
        named: dict[str, object] = {
            "q": self.q,
            "from": self.first_day,
            "to": self.last_day,
            "direction": self.direction,
            "outcome": self.outcome,
            "line": self.line,
            "sip": self.sip,
            "record": record,
            "talk_from": _clock(self.min_talk),
            "talk_to": _clock(self.max_talk),
            "price_from": self.min_price,
            "price_to": self.max_price,
            "notices": self.notices,
            "tag": self.tag,
        }
        return {name: str(value) for name, value in named.items() if value is not None}


_RECORD_WORDS = {True: "yes", False: "no"}


def read_filters(query: Mapping[str, str], zone: ZoneInfo) -> tuple[CallFilters, list[str]]:
    """The choice that an address asks for, and a note for the reader about each part that means nothing or misleads."""
    notes: list[str] = []
    filters = CallFilters(
        zone=zone,
        q=_read(query, "q", _question, notes),
        first_day=_read(query, "from", _day, notes),
        last_day=_read(query, "to", _day, notes),
        direction=_read(query, "direction", Direction, notes),
        outcome=_read(query, "outcome", CallOutcome, notes),
        line=_read(query, "line", _line, notes),
        sip=_read(query, "sip", _sip, notes),
        has_record=_read(query, "record", _yes_or_no, notes),
        min_talk=_read(query, "talk_from", _seconds, notes),
        max_talk=_read(query, "talk_to", _seconds, notes),
        min_price=_read(query, "price_from", _price, notes),
        max_price=_read(query, "price_to", _price, notes),
        notices=_read(query, "notices", Notices, notes),
        tag=_read(query, "tag", _row, notes),
    )
    if filters.sip is not None and filters.outcome is CallOutcome.MISSED:
        notes.append(_("A missed call is mostly nobody's: whose phones it rang stands on its page."))
    return _without_nonsense(filters, notes), notes


def _without_nonsense(filters: CallFilters, notes: list[str]) -> CallFilters:
    """Ranges that end before they begin are left out."""
    if filters.first_day and filters.last_day and filters.first_day > filters.last_day:
        notes.append(_("The period ends before it begins, so it was left out."))
        filters = replace(filters, first_day=None, last_day=None)
    if filters.min_talk is not None and filters.max_talk is not None and filters.min_talk > filters.max_talk:
        notes.append(_("The shortest talk is longer than the longest, so both were left out."))
        filters = replace(filters, min_talk=None, max_talk=None)
    if filters.min_price is not None and filters.max_price is not None and filters.min_price > filters.max_price:
        notes.append(_("The lowest price is above the highest, so both were left out."))
        filters = replace(filters, min_price=None, max_price=None)
    return filters


def _read(query: Mapping[str, str], name: str, meaning: Callable[[str], T], notes: list[str]) -> T | None:
    """What one part means; a `meaning` raises ValueError for nonsense."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        return meaning(text)
    except ValueError:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        notes.append(_("“%(name)s=%(value)s” in the address means nothing and was left out.", name=name, value=shown))
        return None


def _question(text: str) -> str:
    if textsearch.needle(text) is None:
        raise ValueError(text)
    return text[: textsearch.LONGEST]


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.year not in _YEARS:
        raise ValueError(text)
    return day


def _line(text: str) -> str:
    digits = text.removeprefix("+")
    if not is_outside_number(digits):
        raise ValueError(text)
    return digits


def _sip(text: str) -> str:
    if not is_sip_account(text):
        raise ValueError(text)
    return text


def _row(text: str) -> int:
    number = row_id(text)
    if number is None:
        raise ValueError(text)
    return number


def _yes_or_no(text: str) -> bool:
    if text not in _RECORD_WORDS.values():
        raise ValueError(text)
    return text == _RECORD_WORDS[True]


def _seconds(text: str) -> int:
    """`90`, `1:30` or `0:01:30`."""
    parts = text.split(":")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts):
        raise ValueError(text)
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds


def _clock(seconds: int | None) -> str | None:
    return None if seconds is None else duration(seconds)


def _price(text: str) -> Decimal:
    try:
        price = parse_amount(text)
    except Refused:
        raise ValueError(text) from None
    if price < 0:
        raise ValueError(text)
    return price
