"""The only formatting there is: money, time, durations, numbers, phones. Templates call nothing else."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask import Flask
from flask.globals import _cv_app
from markupsafe import Markup, escape

from portal.kernel import clock, phone
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language, ngettext
from portal.web.compiling import marked

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_LETTERS_OF_A_MONTH = 3
_KEPT = 4096
"""Texts kept of each kind: making one takes as long as the rest of a table's cell."""
_LEAST_OF_A_UNIT = 0.85
"""From so much of an hour on it is called one."""
_UNITS = sorted(unit for _name, unit in dates.TIMEDELTA_UNITS)
_UNITS_BEGIN = [_LEAST_OF_A_UNIT * unit for unit in _UNITS]
_SECOND = timedelta(seconds=1)
_CLOCK, _CLOCK_IN_SHORT = slice(11, 19), slice(11, 16)
"""Where the time stands in what `isoformat` says."""
_AT = "\N{OBJECT REPLACEMENT CHARACTER}"
CURRENCY_SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸", "BYN": "Br"}


def zone() -> ZoneInfo:
    """The zone in which this page shows time: the account's, named once on the page."""
    # Straight from where Flask keeps it: a row of a table asks for it, and the proxy takes as long as the rest.
    return ZoneInfo(getattr(_cv_app.get().g, "time_zone", "Europe/Moscow"))


def number(value: int | Decimal, decimals: int = 0) -> str:
    """Groups of three and a decimal mark as the reader's language has them; a true minus."""
    return _number(value, decimals, language().code)


@lru_cache(_KEPT)
def _number(value: int | Decimal, decimals: int, locale: str) -> str:
    text = numbers.format_decimal(value, format=f"#,##0.{'0' * decimals}" if decimals else "#,##0", locale=locale)
    return text.replace("-", MINUS).replace("\N{NARROW NO-BREAK SPACE}", NBSP)


def money(value: Decimal, currency: str | None = None, *, words: bool = False) -> str:
    """`1 733,98 ₽`; with `words` as the header has it: `1 733,98 руб.`. Tariff rates keep up to four decimals."""
    return _money(value, currency or getattr(_cv_app.get().g, "currency", "RUB"), words, language().code)


@lru_cache(_KEPT)
def _money(value: Decimal, code: str, words: bool, locale: str) -> str:  # noqa: FBT001
    sign = _("RUB") if words and code == "RUB" else CURRENCY_SIGNS.get(code, code)
    return f"{_amount(value, locale)}{NBSP}{sign}"


@lru_cache(_KEPT)
def _amount(value: Decimal, locale: str) -> str:
    exact = value.normalize()
    decimals = max(2, -int(exact.as_tuple().exponent)) if exact != exact.quantize(Decimal("0.01")) else 2
    return _number(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP), decimals, locale)


@lru_cache(_KEPT)
def duration(seconds: int | None) -> str:
    """`1:05`, `1:02:05`; an en dash where there is none."""
    if seconds is None:
        return "\N{EN DASH}"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def timespan(seconds: float) -> str:
    """Roughly how long, as people say it: `7 мин`, `2 ч 5 мин`, `3 дн. 4 ч`, `40 с`."""
    minutes = int(seconds) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return _("%(days)s d %(hours)s h", days=days, hours=hours % 24)
    if hours:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes % 60)
    return _("%(minutes)s min", minutes=minutes) if minutes else _("%(seconds)s s", seconds=int(seconds))


def day(value: datetime | date) -> str:
    """`23 ноября 2026 г.`, or without the year in the present one."""
    here = zone()
    local = value.astimezone(here).date() if isinstance(value, datetime) else value
    return _day(local, has_year=local.year != clock.now().astimezone(here).year)


def _day(value: date, *, has_year: bool) -> str:
    return _date(value, "d MMMM y" if has_year else "d MMMM", language().code)


@lru_cache(_KEPT)
def _date(value: date, pattern: str, locale: str) -> str:
    return dates.format_date(value, pattern, locale=locale)


def month(value: date) -> str:
    """`ноябрь 2026`."""
    return _date(value, "LLLL y", language().code)


def month_short(value: date) -> str:
    """`ноя`, under a column."""
    return _date(value, "LLL", language().code)[:_LETTERS_OF_A_MONTH]


def day_short(value: date) -> str:
    """`3.11`, under a column."""
    return _date(value, "d.MM", language().code)


def hour(value: datetime) -> str:
    """`14:00`."""
    return f"{value.astimezone(zone()):%H:%M}"


def day_and_time(value: datetime, *, seconds: bool = False) -> str:
    """`сегодня, 14:05`, `вчера, 9:12`, `3 ноября, 18:40`."""
    return _said(value.astimezone(zone()), clock.now(), seconds=seconds)


def _said(local: datetime, now: datetime, *, seconds: bool) -> str:
    said = _said_of_day(local.date(), now.astimezone(local.tzinfo).date(), language().code)
    return said.replace(_AT, f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}")


@lru_cache(_KEPT)
def _said_of_day(value: date, today: date, _locale: str) -> str:
    """The words for a moment of this day, with `_AT` where the time goes."""
    if value == today:
        return _("today, %(time)s", time=_AT)
    if value == today - timedelta(days=1):
        return _("yesterday, %(time)s", time=_AT)
    return _("%(day)s, %(time)s", day=_day(value, has_year=value.year != today.year), time=_AT)


def relative(value: datetime) -> str:
    """How long ago or ahead, roughly: `3 минуты назад`."""
    return _ago(value, clock.now())


def _ago(value: datetime, now: datetime) -> str:
    return _relative(_in_whole_units(value - now), language().code)


def _in_whole_units(span: timedelta) -> int:
    """Seconds, rounded to the unit that babel would name: a page of moments then has few spans that differ."""
    seconds = span // _SECOND
    unit = _UNITS[bisect_right(_UNITS_BEGIN, abs(seconds), 1) - 1]
    return round(seconds / unit) * unit


@lru_cache(_KEPT)
def _relative(seconds: int, locale: str) -> str:
    # In whole units already, of which none makes up the next greater one.
    return dates.format_timedelta(timedelta(seconds=seconds), threshold=1, add_direction=True, locale=locale)


def moment(value: datetime | None, *, seconds: bool = False) -> Markup:
    """A `<time>` element: absolute for the eye, exact for machines, relative in its title."""
    if value is None:
        return Markup("\N{EN DASH}")
    local, now, locale = value.astimezone(zone()), clock.now(), language().code
    exact, today = local.isoformat(timespec="seconds"), now.astimezone(local.tzinfo).date()
    ago = _safe(_relative(_in_whole_units(value - now), locale))
    said = _safe(_said_of_day(local.date(), today, locale)).replace(_AT, exact[_CLOCK if seconds else _CLOCK_IN_SHORT])
    return marked(f'<time datetime="{exact}" title="{ago}">{said}</time>')


@lru_cache(_KEPT)
def _safe(text: str) -> str:
    return str(escape(text))


def time_of_day(value: datetime) -> Markup:
    """A `<time>` element with the time alone, to the second: for time lines of one call."""
    local = value.astimezone(zone())
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="milliseconds"), f"{local:%H:%M:%S}")


@lru_cache(_KEPT)
def phone_number(address: str | None) -> Markup:
    """A number as people read it, never broken over lines; SIP names raw; an en dash for none."""
    if not address:
        return Markup("\N{EN DASH}")
    shown = phone.display(address).replace(" ", NBSP).replace("-", "\N{NON-BREAKING HYPHEN}")
    return Markup("<bdi>{}</bdi>").format(address if phone.is_sip(address) else shown)


def size(octets: int) -> str:
    """`512 Б`, `64 КБ`, `1,2 МБ` (powers of 1024)."""
    if octets < 1024:
        return ngettext("%(num)s byte", "%(num)s bytes", octets)
    if octets < 1024 * 1024:
        return _("%(size)s KB", size=number(octets // 1024))
    return _("%(size)s MB", size=number(Decimal(octets) / (1024 * 1024), 1))


def percent(share: float) -> str:
    """`97 %` of a share between 0 and 1."""
    return numbers.format_percent(share, locale=language().code).replace(" ", NBSP)


def device(user_agent: str) -> str:
    """A browser and system as people call them, out of a User-Agent line; the line itself for unknown ones."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or user_agent[:60] or _("unknown device")


_BROWSERS = (
    ("Edg/", "Edge"),
    ("YaBrowser", "Yandex"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def initials(name: str) -> str:
    """At most two letters for an avatar."""
    return "".join(word[0] for word in name.split()[:2]).upper() or "?"


def init_app(app: Flask) -> None:
    """Makes the formatting known to templates."""
    app.jinja_env.filters.update(
        number=number,
        money=money,
        duration=duration,
        timespan=timespan,
        day=day,
        month=month,
        month_short=month_short,
        moment=moment,
        relative=relative,
        time_of_day=time_of_day,
        day_and_time=day_and_time,
        phone=phone_number,
        with_plus=phone.with_plus,
        bytes=size,
        percent=percent,
        initials=initials,
        device=device,
    )
    app.jinja_env.tests["empty"] = lambda value: not str(escape(value)).strip()
