"""Reading tariffs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Account
from portal.billing.models import AccountPlan, Tariff, TariffRate, TariffVersion
from portal.billing.plans import Version, version_of
from portal.kernel.db import db
from portal.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A tariff as the list shows it: the version that prices today, and how many accounts ever had it."""

    tariff: Tariff
    version: Version | None
    rates: int
    accounts: int


@dataclass(frozen=True, slots=True)
class PlanRow:
    """An account that has a tariff from a day on."""

    account_id: int
    company: str
    valid_from: date
    is_over: bool
    """Whether another tariff has taken its place by today."""


def tariff_rows(today: date) -> list[TariffRow]:
    """Every tariff by its name."""
    plans = select(AccountPlan.tariff_id, func.count(AccountPlan.account_id.distinct())).group_by(AccountPlan.tariff_id)
    accounts = {row[0]: row[1] for row in db.session.execute(plans)}
    rows = []
    for tariff in db.session.scalars(select(Tariff).order_by(Tariff.name)):
        version = version_of(tariff.id, today)
        count = select(func.count(TariffRate.id)).where(TariffRate.version_id == (version.id if version else 0))
        rows.append(TariffRow(tariff, version, db.session.scalar(count) or 0, accounts.get(tariff.id, 0)))
    return rows


def tariff_names() -> Sequence[tuple[int, str]]:
    """Number and name of every tariff, by name."""
    return [(row[0], row[1]) for row in db.session.execute(select(Tariff.id, Tariff.name).order_by(Tariff.name))]


def find_tariff(tariff_id: int) -> Tariff:
    """With its versions. Raises `NotFound`."""
    tariff = db.session.scalar(select(Tariff).where(Tariff.id == tariff_id).options(selectinload(Tariff.versions)))
    if tariff is None:
        raise NotFound
    return tariff


def find_version(tariff_id: int, version_id: int) -> TariffVersion:
    """With its tariff and rates. Raises `NotFound`."""
    version = db.session.scalar(
        select(TariffVersion)
        .where(TariffVersion.id == version_id, TariffVersion.tariff_id == tariff_id)
        .options(selectinload(TariffVersion.rates), selectinload(TariffVersion.tariff))
    )
    if version is None:
        raise NotFound
    return version


def newest_version(tariff_id: int) -> TariffVersion | None:
    """The one that was made last."""
    return db.session.scalar(
        select(TariffVersion).where(TariffVersion.tariff_id == tariff_id).order_by(TariffVersion.id.desc()).limit(1)
    )


def plan_rows(tariff_id: int, today: date) -> list[PlanRow]:
    """Who has the tariff from when, of all the accounts that may be seen."""
    rows = db.session.execute(
        select(AccountPlan.account_id, AccountPlan.valid_from, AccountPlan.tariff_id, Account.name)
        .join(Account, Account.id == AccountPlan.account_id)
        .where(AccountPlan.account_id.in_(select(AccountPlan.account_id).where(AccountPlan.tariff_id == tariff_id)))
        .order_by(AccountPlan.account_id, AccountPlan.valid_from)
    ).all()
    present = {row.account_id: row.valid_from for row in rows if row.valid_from <= today}
    return [
        PlanRow(row.account_id, row.name, row.valid_from, row.valid_from < present.get(row.account_id, row.valid_from))
        for row in rows
        if row.tariff_id == tariff_id
    ]


def accounts() -> Sequence[tuple[int, str]]:
    """Number and name of every account."""
    return [(row[0], row[1]) for row in db.session.execute(select(Account.id, Account.name).order_by(Account.id))]
