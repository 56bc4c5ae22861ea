"""Acts of the rooms that keep papers and payments; those of the ledger stand in `tests/billing`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.billing.models.tariff import TariffVersion
from portal.billing.tariffs import services as tariff_acts
from portal.invoicing.bills import services as bills
from portal.invoicing.cards import services as cards
from portal.invoicing.cards.gateway import Told
from portal.invoicing.cards.models import CardPayment, Provider
from portal.invoicing.papers import archive as paper_archive
from portal.invoicing.papers.models import BillPayment, Paper
from portal.invoicing.parties import services as parties
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from tests.billing.prices import make_tariff, publish
from tests.invoicing.parties import BUYER, SELLER
from tests.kernel.by_half.world import Act, World


def papers(at: World) -> Iterator[Act]:
    """Both sides' details, a bill, its payment, and the payment taken back."""
    yield at.operator(lambda: parties.set_seller({**SELLER, "papers_since": date(2026, 1, 1)}, 0))
    yield at.operator(lambda: parties.set_seller({**SELLER, "papers_since": date(2026, 2, 1)}, 1))
    yield at.north(lambda: parties.set_buyer(BUYER, 0))
    yield at.north(lambda: bills.order_bill(Decimal(10)))
    bill = at.newest(Paper)
    yield at.north(lambda: bills.mark_paid(bill, bills.Receipt(Decimal(4), "17", date(2026, 1, 15))))
    payment = at.newest(BillPayment)
    yield at.north(lambda: bills.take_back(bill, payment))
    # The account's day may have begun while UTC's has not.
    first, last = (now().date() + timedelta(days=days) for days in (-40, 1))
    yield at.north(lambda: paper_archive.begin_archive(first, last))


def card(at: World) -> Iterator[Act]:
    """A payment by card from its beginning to its refund."""
    yield at.operator(lambda: cards.set_shop(at.vault, "100500", "test_secret", is_on=True))
    yield at.north(lambda: cards.begin(Decimal(100), Provider.YOOKASSA))
    with at.app.app_context(), transaction(at.cast.north, writes=False) as session:
        name = session.get_one(CardPayment, at.newest(CardPayment)).reference
    for status, refunded in (("pending", 0), ("succeeded", 0), ("succeeded", 40)):
        told = Told("y-1", name, status, Decimal(100), Decimal(refunded))
        yield at.north(lambda told=told: cards.settle(name, told))  # type: ignore[misc]
    at.north(lambda: cards.begin(Decimal(100), Provider.YOOKASSA))()
    old = at.newest(CardPayment)
    at.north(lambda: setattr(db.session.get_one(CardPayment, old), "created_at", now() - timedelta(days=2)))()
    yield at.north(lambda: cards.give_up(db.session.get_one(CardPayment, old)))


def tariffs(at: World) -> Iterator[Act]:
    """What has not begun is taken back: a version, and a tariff of an account. (More of them in `tests/billing`.)"""
    tariff = make_tariff(at.app, [])
    today = now().date()
    publish(at.app, tariff, [], today + timedelta(days=7))
    version: list[int] = []
    at.operator(lambda: version.append(latest_version(tariff)))()
    yield at.operator(lambda: tariff_acts.withdraw_version(tariff, version[0], today))
    later = today + timedelta(days=9)
    at.north(lambda: tariff_acts.assign_tariff(tariff, later))()
    yield at.north(lambda: tariff_acts.take_back_plan(later, today))


def latest_version(tariff_id: int) -> int:
    """Of a tariff."""
    newest = select(TariffVersion.id).where(TariffVersion.tariff_id == tariff_id).order_by(TariffVersion.id.desc())
    return int(db.session.scalars(newest.limit(1)).one())
