"""A price list as CSV: what the operator writes in a spreadsheet, and what is wrong with it, line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from portal.billing.models import TariffRate
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import SCALE, exact
from portal.telephony.engine import CallKind

COLUMNS = ("direction", "prefix", "name", "price", "per", "step", "free")
MOST_LINES = 20_000
_UNITS = {"minute": 60, "second": 1}
_DIRECTIONS = (CallKind.INCOMING, CallKind.OUTGOING)
_MOST_PRICE = Decimal(100_000)
_MOST_SECONDS = 3600
_MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class RateLine:
    """A line of the list; see `TariffRate`."""

    kind: CallKind
    prefix: str
    name: str
    price: Decimal
    unit_seconds: int
    step_seconds: int
    free_seconds: int

    def as_rate(self) -> TariffRate:
        """The row that it becomes."""
        return TariffRate(
            kind=self.kind,
            prefix=self.prefix,
            name=self.name,
            price=self.price,
            unit_seconds=self.unit_seconds,
            step_seconds=self.step_seconds,
            free_seconds=self.free_seconds,
        )


class PriceListError(Refused):
    """What is wrong with a list; `lines` says it for each line that has something."""

    def __init__(self, lines: Sequence[str]) -> None:
        more = len(lines) - _MOST_ERRORS
        shown = list(lines[:_MOST_ERRORS])
        if more > 0:
            shown.append(_("And %(count)s lines more.", count=more))
        super().__init__(_("Nothing was taken over: mend the lines that are named."), "rates")
        self.lines = shown


def write_rates(rates: Iterable[TariffRate]) -> str:
    """The list as text: what `read_rates` reads."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    for rate in rates:
        unit = "second" if rate.unit_seconds == 1 else "minute"
        name = _harmless(rate.name)
        writer.writerow([rate.kind, rate.prefix, name, exact(rate.price), unit, rate.step_seconds, rate.free_seconds])
    return buffer.getvalue()


def read_rates(text: str) -> list[RateLine]:
    """The list, divided by semicolons, commas or tabs. Raises `PriceListError` with all that is wrong."""
    lines, errors = [], []
    seen: dict[tuple[str, str], int] = {}
    for number, values in _records(text):
        try:
            line = _line(values)
        except Refused as error:
            errors.append(_("Line %(number)s: %(fault)s", number=number, fault=error.message))
            continue
        first = seen.setdefault((line.kind, line.prefix), number)
        if first != number:
            fault = _("line %(first)s has this direction and prefix already.", first=first)
            errors.append(_("Line %(number)s: %(fault)s", number=number, fault=fault))
        lines.append(line)
    if errors:
        raise PriceListError(errors)
    return lines


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.removeprefix("\ufeff").replace("\x00", "")
    head = text.lstrip().partition("\n")[0]
    delimiter = next((mark for mark in (";", "\t", ",") if mark in head), ";")
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    count = 0
    try:
        for values in reader:
            cells = [value.strip() for value in values]
            if not any(cells) or cells[0].casefold() == COLUMNS[0]:
                continue
            count += 1
            if count > MOST_LINES:
                raise PriceListError([_("A list has at most %(most)s lines.", most=MOST_LINES)])
            yield reader.line_num, cells
    except csv.Error:
        raise PriceListError([_("Line %(number)s: this is no CSV.", number=reader.line_num)]) from None


def _line(cells: list[str]) -> RateLine:
    if len(cells) != len(COLUMNS):
        raise Refused(_("%(count)s columns instead of %(wanted)s.", count=len(cells), wanted=len(COLUMNS)))
    direction, prefix, name, price, per, step, free = cells
    if direction not in _DIRECTIONS:
        raise Refused(_("the direction is incoming or outgoing, not “%(text)s”.", text=direction[:30]))
    prefix = prefix.removeprefix("+")
    if prefix and not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 15):
        raise Refused(_("the prefix is up to 15 figures, not “%(text)s”.", text=prefix[:30]))
    if not 1 <= len(_plain(name)) <= 100:
        raise Refused(_("the name has 1 to 100 characters."))
    if per not in _UNITS:
        raise Refused(_("the price is per minute or second, not “%(text)s”.", text=per[:30]))
    line = RateLine(CallKind(direction), prefix, _plain(name), _price(price), _UNITS[per], 1, 0)
    return replace(
        line, step_seconds=_seconds(step, 1, _("the step")), free_seconds=_seconds(free, 0, _("the free start"))
    )


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text.replace(",", ".").replace("\u00a0", "").replace(" ", ""))
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price <= _MOST_PRICE or price * SCALE % 1:
        raise Refused(_("the price is a sum with at most four decimals, not “%(text)s”.", text=text[:30]))
    return price


def _seconds(text: str, least: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and least <= int(text) <= _MOST_SECONDS):
        raise Refused(
            _(
                "%(what)s is %(least)s to %(most)s seconds, not “%(text)s”.",
                what=what,
                least=least,
                most=_MOST_SECONDS,
                text=text[:30],
            )
        )
    return int(text)


def _harmless(name: str) -> str:
    """A spreadsheet would reckon with a name that begins so; `_plain` takes the apostrophe off again."""
    return f"'{name}" if name[:1] in "=+-@'" else name


def _plain(name: str) -> str:
    return name[1:] if name[:1] == "'" else name
