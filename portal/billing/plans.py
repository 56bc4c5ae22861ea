"""Which tariff, in which version, the entered account has on a day, and what that makes of a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from portal.billing.models import AccountPlan, Tariff, TariffRate, TariffVersion
from portal.billing.rating import ListedRate, Rate, prefixes
from portal.kernel.among import among
from portal.kernel.db import db
from portal.kernel.money import rounded
from portal.kernel.prepared import Prepared


class Plan(NamedTuple):
    """Which tariff an account has from a local day on: see `AccountPlan`."""

    tariff_id: int
    valid_from: date


class Version(NamedTuple):
    """What a tariff costs from a day on, without its rates: see `TariffVersion`."""

    id: int
    tariff_name: str
    valid_from: date
    monthly_fee: Decimal
    included: Decimal


class Standing(NamedTuple):
    """What an account has on a day."""

    plan: Plan
    version: Version


@dataclass(frozen=True, slots=True)
class MonthTerms:
    """What a local month costs, and what it includes.

    The tariff of its first day counts for the whole of it; a change within it shows in the next. Where the account's
    first tariff begins within the month, fee and included amount are reckoned by the days that are left.
    """

    version: Version
    fee: Decimal
    included: Decimal
    days: int
    of_days: int


# All of it built once: each page's header asks, and each call that ends.
_PLAN_COLUMNS = AccountPlan.tariff_id, AccountPlan.valid_from
_VERSION_COLUMNS = (
    TariffVersion.id, Tariff.name, TariffVersion.valid_from, TariffVersion.monthly_fee, TariffVersion.included,
)  # fmt: skip
_NEWEST_VERSION = TariffVersion.valid_from.desc(), TariffVersion.id.desc()
_PLAN = Prepared(
    select(*_PLAN_COLUMNS)
    .where(AccountPlan.valid_from <= bindparam("day"))
    .order_by(AccountPlan.valid_from.desc())
    .limit(1),
    Plan,
)
_NEXT_PLAN = Prepared(
    select(*_PLAN_COLUMNS).where(AccountPlan.valid_from < bindparam("day")).order_by(AccountPlan.valid_from).limit(1),
    Plan,
)
_VERSION = Prepared(
    select(*_VERSION_COLUMNS)
    .join(Tariff, Tariff.id == TariffVersion.tariff_id)
    .where(TariffVersion.tariff_id == bindparam("tariff_id"), TariffVersion.valid_from <= bindparam("day"))
    .order_by(*_NEWEST_VERSION)
    .limit(1),
    Version,
)
_STANDING = Prepared(
    select(*_PLAN_COLUMNS, *_VERSION_COLUMNS)
    .join(Tariff, Tariff.id == AccountPlan.tariff_id)
    .join(TariffVersion, TariffVersion.tariff_id == AccountPlan.tariff_id)
    .where(
        AccountPlan.id
        == select(AccountPlan.id)
        .where(AccountPlan.valid_from <= bindparam("day"))
        .order_by(AccountPlan.valid_from.desc())
        .limit(1)
        .scalar_subquery(),
        TariffVersion.valid_from <= bindparam("day"),
    )
    .order_by(*_NEWEST_VERSION)
    .limit(1),
    lambda tariff_id, valid_from, *version: Standing(Plan(tariff_id, valid_from), Version(*version)),
)


def version_of(tariff_id: int, day: date) -> Version | None:
    """The version of a tariff that prices a day: the latest to begin, then the latest made."""
    return _VERSION.first(tariff_id=tariff_id, day=day)


def standing_on(day: date) -> Standing | None:
    """The plan of a local day and the version of its tariff; None where nothing is in force."""
    return _STANDING.first(day=day)


def version_on(day: date) -> Version | None:
    """What the account's calls of a local day are priced by; without its rates."""
    standing = standing_on(day)
    return standing.version if standing else None


def rates_of(version: Version) -> Sequence[TariffRate]:
    """The whole price list."""
    loaded = select(TariffVersion).where(TariffVersion.id == version.id).options(selectinload(TariffVersion.rates))
    return db.session.scalars(loaded.execution_options(populate_existing=True)).one().rates


_RATES = Prepared(
    select(
        TariffRate.kind, TariffRate.prefix, TariffRate.name, TariffRate.price, TariffRate.unit_seconds,
        TariffRate.step_seconds, TariffRate.free_seconds,
    ).where(
        TariffRate.version_id == bindparam("version_id"),
        TariffRate.kind == bindparam("kind"),
        among(TariffRate.prefix, "prefixes"),
    ),
    ListedRate,
)  # fmt: skip


def find_rate(version: Version, kind: str, number: str) -> Rate | None:
    """The rate of the longest prefix, asked of the database: a price list may have thousands."""
    rates = _RATES.all(version_id=version.id, kind=kind, prefixes=prefixes(number[:15]))
    return max(rates, key=lambda rate: len(rate.prefix), default=None)


def month_terms(month: date, later: Standing | None = None) -> MonthTerms | None:
    """Fee and included amount of the month that begins on `month`; None where no tariff is in force in it.

    `later` is what the account has on a day of that month: what was so on the first already is not read again.
    """
    following = next_month(month)
    plan = later.plan if later and later.plan.valid_from <= month else _first_plan(month)
    if plan is None:
        return None
    begins = max(month, plan.valid_from)
    is_known = later is not None and later.plan == plan and later.version.valid_from <= begins
    version = later.version if later and is_known else version_of(plan.tariff_id, begins)
    if version is None:
        return None
    days, of_days = (following - begins).days, (following - month).days
    fee, included = (rounded(sum_ * days / of_days) for sum_ in (version.monthly_fee, version.included))
    return MonthTerms(version, fee, included, days, of_days)


def _first_plan(month: date) -> Plan | None:
    """The plan of the month's first day, or else the first to begin within the month."""
    return _PLAN.first(day=month) or _NEXT_PLAN.first(day=next_month(month))


def default_tariff() -> Tariff | None:
    """The one that a new account gets."""
    return db.session.scalar(select(Tariff).where(Tariff.is_default).order_by(Tariff.id).limit(1))


def next_month(day: date) -> date:
    """The first day of the month after the day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
