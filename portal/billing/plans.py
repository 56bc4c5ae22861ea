"""Which tariff, in which version, the entered account has on a day, and what that makes of a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager, selectinload

from portal.billing.models import AccountPlan, Tariff, TariffRate, TariffVersion
from portal.billing.rating import prefixes
from portal.kernel.among import among
from portal.kernel.db import db
from portal.kernel.money import rounded


@dataclass(frozen=True, slots=True)
class MonthTerms:
    """What a local month costs, and what it includes.

    The tariff of its first day counts for the whole of it; a change within it shows in the next. Where the account's
    first tariff begins within the month, fee and included amount are reckoned by the days that are left.
    """

    version: TariffVersion
    fee: Decimal
    included: Decimal
    days: int
    of_days: int


class Standing(NamedTuple):
    """What an account has on a day."""

    plan: AccountPlan
    version: TariffVersion


_PLAN = (
    select(AccountPlan.id)
    .where(AccountPlan.valid_from <= bindparam("day"))
    .order_by(AccountPlan.valid_from.desc())
    .limit(1)
)
# Both at once, and built once: each page's header asks for it, and each call that ends.
_STANDING = (
    select(AccountPlan, TariffVersion)
    .join(TariffVersion, TariffVersion.tariff_id == AccountPlan.tariff_id)
    .join(TariffVersion.tariff)
    .where(AccountPlan.id == _PLAN.scalar_subquery(), TariffVersion.valid_from <= bindparam("day"))
    .order_by(TariffVersion.valid_from.desc(), TariffVersion.id.desc())
    .limit(1)
    .options(contains_eager(TariffVersion.tariff))
)


def plan_on(day: date) -> AccountPlan | None:
    """The plan that the account has on a local day."""
    return db.session.scalar(
        select(AccountPlan).where(AccountPlan.valid_from <= day).order_by(AccountPlan.valid_from.desc()).limit(1)
    )


def version_of(tariff_id: int, day: date) -> TariffVersion | None:
    """The version of a tariff that prices a day: the latest to begin, then the latest made."""
    return db.session.scalar(
        select(TariffVersion)
        .join(TariffVersion.tariff)
        .where(TariffVersion.tariff_id == tariff_id, TariffVersion.valid_from <= day)
        .order_by(TariffVersion.valid_from.desc(), TariffVersion.id.desc())
        .limit(1)
        .options(contains_eager(TariffVersion.tariff))
    )


def standing_on(day: date) -> Standing | None:
    """The plan of a local day and the version of its tariff; None where nothing is in force."""
    found = db.session.execute(_STANDING, {"day": day}).first()
    return Standing(*found) if found else None


def version_on(day: date) -> TariffVersion | None:
    """What the account's calls of a local day are priced by; without its rates."""
    standing = standing_on(day)
    return standing.version if standing else None


def rates_of(version: TariffVersion) -> Sequence[TariffRate]:
    """The whole price list."""
    loaded = select(TariffVersion).where(TariffVersion.id == version.id).options(selectinload(TariffVersion.rates))
    return db.session.scalars(loaded.execution_options(populate_existing=True)).one().rates


# Built once: each call that ends asks it.
_RATES = select(TariffRate).where(
    TariffRate.version_id == bindparam("version_id"),
    TariffRate.kind == bindparam("kind"),
    among(TariffRate.prefix, "prefixes"),
)


def find_rate(version: TariffVersion, kind: str, number: str) -> TariffRate | None:
    """The rate of the longest prefix, asked of the database: a price list may have thousands."""
    beginnings = prefixes(number[:15])
    rates = db.session.scalars(_RATES, {"version_id": version.id, "kind": kind, "prefixes": list(beginnings)})
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
    is_known = later is not None and later.plan is plan and later.version.valid_from <= begins
    version = later.version if later and is_known else version_of(plan.tariff_id, begins)
    if version is None:
        return None
    days, of_days = (following - begins).days, (following - month).days
    fee, included = (rounded(sum_ * days / of_days) for sum_ in (version.monthly_fee, version.included))
    return MonthTerms(version, fee, included, days, of_days)


def _first_plan(month: date) -> AccountPlan | None:
    """The plan of the month's first day, or else the first to begin within the month."""
    begin = select(AccountPlan).where(AccountPlan.valid_from < next_month(month)).order_by(AccountPlan.valid_from)
    return plan_on(month) or db.session.scalar(begin.limit(1))


def default_tariff() -> Tariff | None:
    """The one that a new account gets."""
    return db.session.scalar(select(Tariff).where(Tariff.is_default).order_by(Tariff.id).limit(1))


def next_month(day: date) -> date:
    """The first day of the month after the day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
