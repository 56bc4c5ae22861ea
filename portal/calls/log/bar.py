"""The filters of the call log as a page shows them: presets, choices, chips, and the address of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from flask import url_for

from portal.calls.log.filters import CallFilters, Direction
from portal.calls.log.notices import Notices
from portal.calls.log.periods import Period, days_of, period_word
from portal.calls.remarks.tags import tags
from portal.calls.words import direction_word, outcome_word
from portal.contacts.names import line_names
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.telephony.engine import CallOutcome
from portal.telephony.queries import labelled_numbers
from portal.web.filters import day, money

EVERY_CALL = "none"
"""`view=none` in the address: every call, whatever view the log opens with."""
_FIRST_FILTERS = frozenset({"q", "from", "to", "direction", "outcome"})
"""The others unfold."""
Option = tuple[str, str]
"""A value of the address, and its words."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A period at a click."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in use, and the address without it."""

    label: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    """All of it."""

    filters: CallFilters
    values: dict[str, str]
    presets: list[Preset]
    chips: list[Chip]
    directions: list[Option]
    outcomes: list[Option]
    lines: list[Option]
    sips: list[Option]
    records: list[Option]
    notices: list[Option]
    tags: list[Option]
    clear_url: str

    @property
    def is_more_used(self) -> bool:
        """Whether a filter is in use that is not among the first ones."""
        return not _FIRST_FILTERS.issuperset(self.values)


def filter_bar(filters: CallFilters) -> FilterBar:
    """The bar for this choice. Three queries, whatever is chosen."""
    choices = {
        "direction": [(each.value, direction_word(each.kind)) for each in Direction],
        "outcome": [(each.value, outcome_word(each)) for each in CallOutcome],
        "line": [(number, _labelled(phone.display(number), label)) for number, label in labelled_numbers()],
        "sip": _sip_options(),
        "record": [("yes", _("with a record")), ("no", _("without a record"))],
        "notices": [
            (Notices.ARRIVED.value, _("all notices arrived")),
            (Notices.WAITING.value, _("a notice is waiting")),
            (Notices.FAILED.value, _("a notice failed")),
        ],
        "tag": [(str(tag.id), tag.name) for tag in tags()],
    }
    return FilterBar(
        filters=filters,
        values=filters.query(),
        presets=_presets(filters),
        chips=_chips(filters, {name: dict(options) for name, options in choices.items()}),
        directions=choices["direction"],
        outcomes=choices["outcome"],
        lines=choices["line"],
        sips=choices["sip"],
        records=choices["record"],
        notices=choices["notices"],
        tags=choices["tag"],
        clear_url=address({}),
    )


def log_url(filters: CallFilters, **more: str) -> str:
    """The address of the log for this choice."""
    return address(filters.query() | more)


def address(values: dict[str, str]) -> str:
    """The address of the log for what `CallFilters.query` answers, and more of the kind."""
    # By its bare address the log opens with the view that a person has chosen for that.
    values = values or {"view": EVERY_CALL}
    # `from` is no name for an argument; the type checker sees the unpacked ones as url_for's own.
    return url_for("calls.index", **values)  # type: ignore[arg-type]


def _sip_options() -> list[Option]:
    return [(line, _labelled(name, line)) for line, name in line_names().items()]


def _labelled(first: str, second: str) -> str:
    return " · ".join(filter(None, (first, second)))


def _presets(filters: CallFilters) -> list[Preset]:
    periods: list[tuple[str, date | None, date | None]] = [
        (_("All"), None, None),
        *((period_word(period), *days_of(period, filters.zone)) for period in Period),
    ]
    return [
        Preset(
            label,
            log_url(replace(filters, first_day=first, last_day=last)),
            is_current=(filters.first_day, filters.last_day) == (first, last),
        )
        for label, first, last in periods
    ]


def _chips(filters: CallFilters, words: dict[str, dict[str, str]]) -> list[Chip]:
    values = filters.query()
    ranges = [
        (("from", "to"), _period(filters)),
        (("talk_from", "talk_to"), _range(_("talk"), values.get("talk_from"), values.get("talk_to"))),
        (("price_from", "price_to"), _range(_("price"), _money(filters.min_price), _money(filters.max_price))),
    ]
    chips = [Chip(label, _without(values, names)) for names, label in ranges if label]
    for name in ("q", "direction", "outcome", "line", "sip", "record", "notices", "tag"):
        if name in values:
            shown = words.get(name, {}).get(values[name], values[name])
            chips.append(Chip(_("“%(text)s”", text=shown) if name == "q" else shown, _without(values, (name,))))
    return chips


def _without(values: dict[str, str], names: tuple[str, ...]) -> str:
    return address({name: value for name, value in values.items() if name not in names})


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _range(what: str, low: str | None, high: str | None) -> str:
    if low and high:
        return _("%(what)s %(low)s to %(high)s", what=what, low=low, high=high)
    if low or high:
        sign = "\u2265" if low else "\u2264"
        return f"{what} {sign}\N{NO-BREAK SPACE}{low or high}"
    return ""


def _period(filters: CallFilters) -> str:
    first, last = filters.first_day, filters.last_day
    if first and last:
        return day(first) if first == last else _("%(first)s to %(last)s", first=day(first), last=day(last))
    if first:
        return _("from %(day)s", day=day(first))
    return _("until %(day)s", day=day(last)) if last else ""
