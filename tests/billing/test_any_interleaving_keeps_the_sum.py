"""Whatever happens in whatever order, and however often it is told: the balance is the sum of what was posted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.billing.included import included_left
from portal.billing.ledger import local_day
from portal.billing.models import IncludedUse, LedgerEntry
from portal.billing.regular.books import read_books
from portal.billing.regular.fees import post_fees
from portal.billing.rerating.pricing import PriceLists, correct
from portal.billing.services import adjust, credit
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind
from tests.billing.prices import give, make_tariff, publish, rate
from tests.billing.test_ledger import new_account
from tests.calls.factory import NOON, OLGA_PHONE, Story, tell_whole

INCLUDED = Decimal(5)
NUMBERS = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("call"), NUMBERS, st.integers(0, 400)),
    st.tuples(st.just("pay"), NUMBERS, st.decimals("0.01", 1000, places=2)),
    st.tuples(st.just("adjust"), NUMBERS, st.decimals("0.01", 50, places=2)),
    st.tuples(st.just("fee"), NUMBERS, st.just(0)),
    st.tuples(st.just("price"), NUMBERS, st.decimals(0, 9, places=2)),
)


@dataclass
class World:
    """One account, and what happens to it."""

    app: Flask
    account_id: int
    tariff_id: int
    calls: dict[int, Story] = field(default_factory=dict)

    def call(self, number: int, seconds: int) -> None:
        """A call is told; one of a number that was told before is the same call again."""
        story = Story(
            self.account_id,
            kind=CallKind.OUTGOING,
            caller=OLGA_PHONE,
            callee="79160001122",
            talked=seconds,
            api_call_id=uuid.uuid4().hex,
        )
        tell_whole(self.app, self.calls.setdefault(number, story))

    def pay(self, number: int, amount: Decimal) -> None:
        with self.app.app_context(), transaction(self.account_id):
            credit(amount, f"bank-{number}", "")

    def adjust(self, number: int, amount: Decimal) -> None:
        with self.app.app_context(), transaction(self.account_id):
            adjust(-amount, f"hand-{number}", "a reason")

    def fee(self, _number: int, _amount: int) -> None:
        with self.app.app_context(), transaction(self.account_id):
            post_fees()

    def price(self, _number: int, price: Decimal) -> None:
        """Another price from now on, and every call corrected by it; twice, as a retry does."""
        publish(self.app, self.tariff_id, [rate("outgoing", "", str(price))], NOON.date(), fee="7", included="5")
        for _ in range(2):
            with self.app.app_context(), transaction(self.account_id) as session:
                prices = PriceLists()
                for call in session.scalars(select(CallRecord).order_by(CallRecord.id)):
                    found = prices.price(call)
                    if found.amount != call.price:
                        correct(call, found, len(session.scalars(select(LedgerEntry.id)).all()))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(STEPS, max_size=8))
def test_the_sum_is_kept(app: Flask, steps: list[tuple[str, int, Decimal | int]]) -> None:
    with time_machine.travel(NOON + timedelta(hours=8), tick=False):
        tariff = make_tariff(app, [rate("outgoing", "", "2")], name=uuid.uuid4().hex, fee="7", included="5")
        world = World(app, new_account(app), tariff)
        give(app, world.account_id, tariff)
        for name, number, value in steps:
            getattr(world, name)(number, value)
        _look(world)


def _look(world: World) -> None:
    with world.app.app_context(), transaction(world.account_id, writes=False) as session:
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
        running = ZERO
        for entry in entries:
            running += entry.amount
            assert entry.balance_after == running
        books = read_books(whole=True)
        assert books.kept == books.days == books.posted == running
        used = session.scalar(select(IncludedUse.used)) or ZERO
        assert ZERO <= used <= INCLUDED
        assert used == sum((entry.included for entry in entries), ZERO)
        assert included_left(local_day(now()).replace(day=1)) == INCLUDED - used
        for call in session.scalars(select(CallRecord)):
            own = [e for e in entries if call.api_call_id in (e.source, e.corrects)]
            assert call.price == sum((e.included - e.amount for e in own), ZERO)
