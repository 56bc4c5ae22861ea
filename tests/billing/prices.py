"""Tariffs for tests: made as the operator's pages make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask import Flask

from portal.billing.models import AccountPlan, Tariff, TariffRate, TariffVersion
from portal.kernel.db import transaction

LONG_AGO = date(2020, 1, 1)


def rate(kind: str, prefix: str, price: str, name: str = "rate", *, unit: int = 60, step: int = 60) -> TariffRate:
    """A line of a price list."""
    return TariffRate(
        kind=kind,
        prefix=prefix,
        name=name,
        price=Decimal(price),
        unit_seconds=unit,
        step_seconds=step,
        free_seconds=0,
    )


def make_tariff(
    app: Flask,
    rates: Sequence[TariffRate],
    *,
    name: str = "Стандарт1",
    fee: str = "0",
    included: str = "0",
    since: date = LONG_AGO,
) -> int:
    """A published tariff; answers its number."""
    version = TariffVersion(valid_from=since, monthly_fee=Decimal(fee), included=Decimal(included), rates=list(rates))
    with app.app_context(), transaction() as session:
        tariff = Tariff(name=name, versions=[version])
        session.add(tariff)
        session.flush()
        return tariff.id


def publish(
    app: Flask, tariff_id: int, rates: Sequence[TariffRate], since: date, *, fee: str = "0", included: str = "0"
) -> int:
    """Another version of a tariff; answers its number."""
    with app.app_context(), transaction() as session:
        version = TariffVersion(
            tariff_id=tariff_id,
            valid_from=since,
            monthly_fee=Decimal(fee),
            included=Decimal(included),
            rates=list(rates),
        )
        session.add(version)
        session.flush()
        return version.id


def give(app: Flask, account_id: int, tariff_id: int, since: date = LONG_AGO) -> None:
    """The account has the tariff from a day on."""
    with app.app_context(), transaction(account_id) as session:
        session.add(AccountPlan(tariff_id=tariff_id, valid_from=since))
