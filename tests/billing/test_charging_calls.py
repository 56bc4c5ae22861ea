"""A finished call is priced and charged once; the included amount goes first; without money no paid call is placed."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import Flask

from portal.billing import queries
from portal.billing.services import credit
from portal.billing.statistics import month_sums, read_span
from portal.calls.queries import find_call
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import Forbidden
from portal.kernel.events import publish
from portal.telephony.engine import CallKind
from portal.telephony.events import CallOrdered
from tests.billing.prices import give, make_tariff, rate
from tests.browser import Browser
from tests.calls.factory import NOON, Story, tell_whole
from tests.people import ANNA, BORIS, Cast, Person


@pytest.fixture
def tariff(app: Flask, cast: Cast) -> None:
    """North pays 0.60 a minute for incoming calls; the first rouble of a month is included."""
    rates = [rate("incoming", "", "0.60", "in"), rate("outgoing", "", "2.00", "out")]
    give(app, cast.north, make_tariff(app, rates, included="1"))


def money(app: Flask, account_id: int) -> queries.HeaderMoney:
    with app.app_context(), transaction(account_id, writes=False):
        return queries.header()


@pytest.mark.usefixtures("tariff")
def test_the_included_amount_goes_first_then_the_balance(app: Flask, cast: Cast) -> None:
    story = tell_whole(app, Story(cast.north, talked=121))

    after = money(app, cast.north)
    assert after.balance == Decimal("-0.80")
    with app.app_context(), transaction(cast.north, writes=False):
        (charge,) = queries.entries_of(story.api_call_id)
        call = find_call(story.api_call_id)
    assert call is not None
    assert call.price == Decimal("1.80")
    assert charge.rating is not None
    assert (charge.amount, charge.included, charge.rating["name"]) == (Decimal("-0.80"), Decimal(1), "in")


@pytest.mark.usefixtures("tariff")
def test_a_call_that_is_told_again_is_charged_once(app: Flask, cast: Cast) -> None:
    story = Story(cast.north, talked=200)
    for _ in range(3):
        tell_whole(app, story)

    assert money(app, cast.north).balance == Decimal("-1.40")


@pytest.mark.usefixtures("tariff")
def test_a_missed_call_costs_nothing(app: Flask, cast: Cast) -> None:
    story = tell_whole(app, Story(cast.north, answered_after=None))

    with app.app_context(), transaction(cast.north, writes=False):
        call = find_call(story.api_call_id)
    assert call is not None
    assert call.price == 0
    assert money(app, cast.north).balance == 0


def test_without_a_tariff_calls_are_free(app: Flask, cast: Cast) -> None:
    tell_whole(app, Story(cast.north))

    assert money(app, cast.north).balance == 0


def order(app: Flask, account_id: int, kind: CallKind = CallKind.OUTGOING, callee: str = "74950000000") -> None:
    with app.test_request_context(), transaction(account_id):
        publish(CallOrdered(kind, "SIP/1", callee))


def test_a_paid_call_needs_money_and_a_free_one_does_not(app: Flask, cast: Cast) -> None:
    rates = [rate("outgoing", "7", "2.00"), rate("outgoing", "7800", "0")]
    give(app, cast.north, make_tariff(app, rates))

    with pytest.raises(Forbidden):
        order(app, cast.north)
    order(app, cast.north, CallKind.INTERNAL, "SIP/2")
    order(app, cast.north, callee="78001234567")
    with app.app_context(), transaction(cast.north):
        credit(Decimal(10), "bank-1", "")
    order(app, cast.north)


@pytest.mark.usefixtures("tariff")
def test_what_the_month_includes_is_as_good_as_money(app: Flask, cast: Cast) -> None:
    order(app, cast.north)


@pytest.mark.usefixtures("tariff")
def test_days_left_follow_the_pace_of_a_week(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        credit(Decimal(70), "bank-1", "")
    tell_whole(app, Story(cast.north, started_at=now() - timedelta(hours=1), talked=1100))

    after = money(app, cast.north)
    assert after.days_left == int((Decimal(70) - Decimal("10.40")) * 7 / Decimal("10.40"))


@pytest.mark.parametrize("person", [ANNA, BORIS])
@pytest.mark.usefixtures("tariff")
def test_the_header_of_every_page_shows_the_money(
    app: Flask, cast: Cast, browse: Callable[[Person], Browser], person: Person
) -> None:
    with app.app_context(), transaction(cast.north):
        credit(Decimal("1733.98"), "bank-1", "")
    page = browse(person).get("/balance").get_data(as_text=True)

    assert "1\N{NO-BREAK SPACE}733,98" in page
    assert "Стандарт1" in page


def test_the_stranger_sees_only_her_own(app: Flask, cast: Cast, clara: Browser) -> None:
    with app.app_context(), transaction(cast.north):
        credit(Decimal("1733.98"), "north-payment", "")
    for url in ("/balance", "/payments"):
        page = clara.get(url).get_data(as_text=True)
        assert "733,98" not in page
        assert "north-payment" not in page


@pytest.mark.usefixtures("tariff")
def test_months_show_what_was_spent_and_paid(app: Flask, cast: Cast) -> None:
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        with app.app_context(), transaction(cast.north):
            credit(Decimal(50), "bank-1", "")
        tell_whole(app, Story(cast.north, talked=300))
        with app.app_context(), transaction(cast.north, writes=False):
            months = month_sums(read_span({})[0])

    assert len(months) == 12
    assert (months[-1].first_day.isoformat(), months[-1].paid, months[-1].spent) == (
        "2026-11-01",
        Decimal(50),
        Decimal("2.00"),
    )
    assert all(month.spent == month.paid == 0 for month in months[:-1])
