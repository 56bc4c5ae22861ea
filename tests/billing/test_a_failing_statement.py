"""A statement that fails, at whichever place, leaves all as it was: no act on money is done by half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.billing.alerts.services import set_warnings
from portal.billing.ledger import local_day
from portal.billing.models import ReRating, TariffVersion
from portal.billing.regular.fees import post_fees
from portal.billing.rerating.services import apply_re_rating, begin_re_rating
from portal.billing.services import adjust, credit
from portal.billing.tariffs.price_list import read_rates
from portal.billing.tariffs.queries import find_tariff
from portal.billing.tariffs.services import add_tariff, assign_tariff, make_default, publish_version
from portal.kernel.clock import now
from portal.kernel.db import transaction
from tests.billing.prices import give, make_tariff, publish, rate
from tests.billing.test_correcting_charges import do_jobs
from tests.calls.factory import NOON, Story, tell, tell_whole
from tests.people import Cast
from tests.support.failing import leaves_old_or_new, within


@pytest.fixture(autouse=True)
def _evening() -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(hours=8), tick=False):
        yield


def test_money_and_warnings(app: Flask, cast: Cast) -> None:
    tariff = make_tariff(app, [], fee="30")
    give(app, cast.north, tariff)
    for act in (
        lambda: credit(Decimal(10), "bank-1", ""),
        lambda: set_warnings(Decimal(100), 3),
        lambda: adjust(Decimal(-1), "hand-1", "why"),
        post_fees,
        lambda: assign_tariff(tariff, now().date()),
    ):
        leaves_old_or_new(app, within(app, cast.north, act))


def test_a_call(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [rate("incoming", "", "2")], included="1"))
    story = Story(cast.north, talked=60)
    for snapshot in (story.started(), story.answered()):
        tell(app, snapshot)
    leaves_old_or_new(app, lambda: tell(app, story.finished()))


def test_tariffs(app: Flask, cast: Cast) -> None:
    tariff = make_tariff(app, [])
    leaves_old_or_new(app, within(app, None, lambda: make_default(tariff)))
    lines = read_rates("outgoing;7;x;1;minute;60;0\n")

    def make() -> None:
        publish_version(add_tariff("New"), now().date(), Decimal(1), Decimal(1), lines, after=0)

    leaves_old_or_new(app, within(app, None, make))
    with app.app_context(), transaction(writes=False) as session:
        known = session.scalars(select(TariffVersion.id).where(TariffVersion.tariff_id == tariff)).one()
    another = lambda: publish_version(find_tariff(tariff), now().date(), Decimal(1), Decimal(1), lines, after=known)  # noqa: E731
    leaves_old_or_new(app, within(app, None, another))


def test_correcting_charges(app: Flask, cast: Cast) -> None:
    tariff = make_tariff(app, [rate("incoming", "", "2")], included="1")
    give(app, cast.north, tariff)
    tell_whole(app, Story(cast.north, talked=120))
    publish(app, tariff, [rate("incoming", "", "1")], NOON.date(), included="1")
    day = NOON.date()
    leaves_old_or_new(app, within(app, cast.north, lambda: begin_re_rating(day, day, local_day(now()))))
    do_jobs(app, cast.north)
    with app.app_context(), transaction(cast.north, writes=False) as session:
        number = session.scalars(select(ReRating.id)).one()
    leaves_old_or_new(app, within(app, cast.north, lambda: apply_re_rating(number)))
