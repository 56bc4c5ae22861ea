"""What the operator does with tariffs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import delete, select, update

from portal.accounts.audit import audit
from portal.billing.models import AccountPlan, Tariff, TariffVersion
from portal.billing.tariffs.price_list import RateLine
from portal.billing.tariffs.queries import find_tariff, find_version, newest_version
from portal.kernel.actor import current_actor
from portal.kernel.db import db, upsert
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO, exact

LARGEST_FEE = Decimal(10_000_000)


def add_tariff(name: str) -> Tariff:
    """A tariff without a price yet; the first of all is the one that new accounts get. Raises `Refused`."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise Refused(_("Give the tariff a name of at most 100 characters."), "name")
    if db.session.scalar(select(Tariff.id).where(Tariff.name == name)) is not None:
        raise Refused(_("There is a tariff of this name already."), "name")
    is_first = db.session.scalar(select(Tariff.id).limit(1)) is None
    tariff = Tariff(name=name, is_default=is_first)
    db.session.add(tariff)
    db.session.flush()
    audit("tariff.add", tariff.name)
    return tariff


def publish_version(
    tariff: Tariff, valid_from: date, monthly_fee: Decimal, included: Decimal, rates: Sequence[RateLine], *, after: int
) -> TariffVersion:
    """Prices from a day on. `after` is the newest version that the operator knew (0: none).

    Raises `Refused`, and `Conflict` where somebody made another version meanwhile.
    """
    for name, amount in (("monthly_fee", monthly_fee), ("included", included)):
        if not ZERO <= amount <= LARGEST_FEE:
            raise Refused(_("Give a sum that is not negative."), name)
    # Of two who publish at once one waits here, and then sees the other's version.
    db.session.execute(update(Tariff).where(Tariff.id == tariff.id).values(name=Tariff.name))
    newest = newest_version(tariff.id)
    if (newest.id if newest else 0) != after:
        raise Conflict(_("Somebody made another version meanwhile: look at it first. What you wrote is kept here."))
    version = TariffVersion(
        tariff_id=tariff.id,
        valid_from=valid_from,
        monthly_fee=monthly_fee,
        included=included,
        created_by=current_actor().name,
        rates=[line.as_rate() for line in rates],
    )
    db.session.add(version)
    db.session.flush()
    audit("tariff.publish", tariff.name, after=_facts(version) | {"rates": len(rates)})
    return version


def withdraw_version(tariff_id: int, version_id: int, today: date) -> None:
    """Takes back a version that has not begun. Raises `NotFound`, `Conflict`."""
    version = find_version(tariff_id, version_id)
    if version.valid_from <= today:
        raise Conflict(_("The version is in force: make another one instead."))
    audit("tariff.withdraw", version.tariff.name, before=_facts(version))
    db.session.delete(version)
    db.session.flush()


def make_default(tariff_id: int) -> Tariff:
    """Accounts that are opened from now on get this tariff. Raises `NotFound`."""
    tariff = find_tariff(tariff_id)
    before = db.session.scalar(select(Tariff.name).where(Tariff.is_default))
    db.session.execute(update(Tariff).values(is_default=False))
    tariff.is_default = True
    db.session.flush()
    audit("tariff.default", tariff.name, before={"tariff": before} if before else None, after={"tariff": tariff.name})
    return tariff


def assign_tariff(tariff_id: int, valid_from: date) -> Tariff:
    """The entered account has this tariff from a local day on; another one of the same day gives way."""
    tariff = find_tariff(tariff_id)
    before = db.session.scalar(select(AccountPlan.tariff_id).where(AccountPlan.valid_from == valid_from))
    upsert(
        AccountPlan,
        {"tariff_id": tariff.id, "valid_from": valid_from},
        key=["account_id", "valid_from"],
        change={"tariff_id": tariff.id},
    )
    audit(
        "tariff.assign",
        tariff.name,
        before={"tariff": before} if before else None,
        after={"tariff": tariff.id, "valid_from": valid_from.isoformat()},
    )
    return tariff


def take_back_plan(valid_from: date, today: date) -> None:
    """The entered account does not get the tariff of that day after all. Raises `NotFound`, `Conflict`."""
    plan = db.session.scalar(select(AccountPlan).where(AccountPlan.valid_from == valid_from))
    if plan is None:
        raise NotFound
    if valid_from <= today:
        raise Conflict(_("The account has this tariff already: assign another one instead."))
    db.session.execute(delete(AccountPlan).where(AccountPlan.id == plan.id))
    audit("tariff.take-back", str(plan.tariff_id), before={"valid_from": valid_from.isoformat()})


def _facts(version: TariffVersion) -> dict[str, str | int]:
    fee, included = exact(version.monthly_fee), exact(version.included)
    return {"version": version.id, "valid_from": version.valid_from.isoformat(), "fee": fee, "included": included}
