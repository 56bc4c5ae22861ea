"""Calls are priced once more by the tariffs as they are now; the difference is posted, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.billing.ledger import local_day
from portal.billing.models import EntryKind, LedgerEntry, ReRating, ReRatingState
from portal.billing.queries import header
from portal.billing.rating import Price
from portal.billing.regular.books import read_books
from portal.billing.rerating import job as rerating
from portal.billing.rerating.pricing import correct
from portal.billing.rerating.services import apply_re_rating, begin_re_rating, drop_re_rating
from portal.calls.models import CallRecord
from portal.calls.queries import find_call
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import Conflict, Refused
from portal.kernel.jobs import Job, RunningJob
from portal.telephony.engine import CallKind
from tests.billing.prices import give, make_tariff, publish, rate
from tests.browser import Browser
from tests.calls.factory import NOON, OLGA_PHONE, Story, tell_whole
from tests.people import Cast

DAY = NOON.date()


@pytest.fixture(autouse=True)
def _evening() -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(hours=8), tick=False):
        yield


@pytest.fixture
def tariff_id(app: Flask, cast: Cast) -> int:
    """North pays two roubles a minute; the first three of a month are included."""
    made = make_tariff(app, [rate("outgoing", "", "2.00", "old")], included="3")
    give(app, cast.north, made)
    return made


def talk(app: Flask, cast: Cast, minutes: int) -> str:
    story = Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee="79160001122", talked=minutes * 60)
    return tell_whole(app, story).api_call_id


def do_jobs(app: Flask, account_id: int) -> None:
    """What the worker does: every job that waits."""
    with app.app_context(), transaction(account_id, writes=False) as session:
        waiting = [RunningJob(job) for job in session.scalars(select(Job).where(Job.started_at.is_(None)))]
    for job in waiting:
        with app.app_context(), job.speaking():
            rerating.run(job)


def preview(app: Flask, cast: Cast) -> ReRating:
    with app.app_context(), transaction(cast.north):
        number = begin_re_rating(DAY, DAY, local_day(now())).id
    do_jobs(app, cast.north)
    return state(app, cast, number)


def state(app: Flask, cast: Cast, number: int) -> ReRating:
    with app.app_context(), transaction(cast.north, writes=False) as session:
        return session.get_one(ReRating, number)


def apply(app: Flask, cast: Cast, number: int) -> ReRating:
    with app.app_context(), transaction(cast.north):
        apply_re_rating(number)
    do_jobs(app, cast.north)
    return state(app, cast, number)


def entries(app: Flask, cast: Cast) -> list[tuple[EntryKind, Decimal, Decimal]]:
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert read_books(whole=True).agree
        return [(e.kind, e.amount, e.included) for e in session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))]


def left(app: Flask, cast: Cast) -> Decimal:
    with app.app_context(), transaction(cast.north, writes=False):
        return header().included


def test_a_preview_says_the_difference_and_posts_nothing(app: Flask, cast: Cast, tariff_id: int) -> None:
    talk(app, cast, 1)
    talk(app, cast, 2)
    before = entries(app, cast)
    publish(app, tariff_id, [rate("outgoing", "", "1.50", "new")], DAY, included="3")

    row = preview(app, cast)

    assert (row.state, row.calls, row.changed) == (ReRatingState.READY, 2, 2)
    assert (row.before, row.after, row.difference) == (Decimal(6), Decimal("4.50"), Decimal("1.50"))
    assert entries(app, cast) == before


def test_cheaper_calls_give_money_back_first(app: Flask, cast: Cast, tariff_id: int) -> None:
    talk(app, cast, 1)
    call_id = talk(app, cast, 2)
    publish(app, tariff_id, [rate("outgoing", "", "0.50", "new")], DAY, included="3")
    row = apply(app, cast, preview(app, cast).id)

    assert row.state == ReRatingState.DONE
    assert entries(app, cast) == [
        (EntryKind.CALL, Decimal(0), Decimal(2)),
        (EntryKind.CALL, Decimal(-3), Decimal(1)),
        (EntryKind.CORRECTION, Decimal(0), Decimal("-1.50")),
        (EntryKind.CORRECTION, Decimal(3), Decimal(0)),
    ]
    assert left(app, cast) == Decimal("1.50")
    with app.app_context(), transaction(cast.north, writes=False):
        call = find_call(call_id)
        assert call is not None
        assert call.price == Decimal(1)


def test_dearer_calls_use_up_what_is_included_first(app: Flask, cast: Cast, tariff_id: int) -> None:
    talk(app, cast, 1)
    publish(app, tariff_id, [rate("outgoing", "", "5.00", "new")], DAY, included="3")
    apply(app, cast, preview(app, cast).id)

    assert entries(app, cast)[1:] == [(EntryKind.CORRECTION, Decimal(-2), Decimal(1))]
    assert left(app, cast) == 0


def test_a_call_that_was_free_can_come_to_cost(app: Flask, cast: Cast) -> None:
    call_id = talk(app, cast, 1)
    assert entries(app, cast) == []
    give(app, cast.north, make_tariff(app, [rate("outgoing", "", "5.00", "new")]))
    apply(app, cast, preview(app, cast).id)

    assert entries(app, cast) == [(EntryKind.CORRECTION, Decimal(-5), Decimal(0))]
    with app.app_context(), transaction(cast.north, writes=False):
        call = find_call(call_id)
        assert call is not None
        assert call.price == Decimal(5)


def test_what_was_done_is_not_done_again(app: Flask, cast: Cast, tariff_id: int) -> None:
    talk(app, cast, 2)
    publish(app, tariff_id, [rate("outgoing", "", "4.00", "new")], DAY, included="3")
    number = apply(app, cast, preview(app, cast).id).id
    done = entries(app, cast)
    do_jobs(app, cast.north)

    with pytest.raises(Conflict), app.test_request_context(), transaction(cast.north):
        apply_re_rating(number)
    assert preview(app, cast).changed == 0
    assert entries(app, cast) == done


def test_a_run_that_dies_goes_on_where_it_was(
    app: Flask, cast: Cast, tariff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerating, "_AT_ONCE", 2)
    for _ in range(5):
        talk(app, cast, 2)
    publish(app, tariff_id, [rate("outgoing", "", "4.00", "new")], DAY, included="3")
    number = preview(app, cast).id
    with app.app_context(), transaction(cast.north):
        apply_re_rating(number)
    posted: list[str] = []

    def dying(call: CallRecord, price: Price, number: int) -> None:
        if len(posted) == 3:
            raise KeyError
        posted.append(call.api_call_id)
        correct(call, price, number)

    monkeypatch.setattr(rerating, "correct", dying)
    with pytest.raises(KeyError):
        do_jobs(app, cast.north)
    half = [kind for kind, _, _ in entries(app, cast)].count(EntryKind.CORRECTION)
    monkeypatch.setattr(rerating, "correct", correct)
    do_jobs(app, cast.north)

    assert half == 2
    assert [kind for kind, _, _ in entries(app, cast)].count(EntryKind.CORRECTION) == 5
    row = state(app, cast, number)
    assert (row.state, row.changed, row.after) == (ReRatingState.DONE, 5, Decimal(40))


def test_one_that_was_dropped_changes_nothing(app: Flask, cast: Cast, tariff_id: int) -> None:
    talk(app, cast, 2)
    number = preview(app, cast).id
    with app.app_context(), transaction(cast.north):
        drop_re_rating(number)

    with pytest.raises(Conflict), app.test_request_context(), transaction(cast.north):
        apply_re_rating(number)


@pytest.mark.parametrize(
    ("first", "last"), [(DAY, DAY - timedelta(days=1)), (DAY, date(2098, 1, 1)), (date(2020, 1, 1), DAY)]
)
def test_days_that_cannot_be_are_refused(app: Flask, cast: Cast, first: date, last: date) -> None:
    with pytest.raises(Refused), app.test_request_context(), transaction(cast.north):
        begin_re_rating(first, last, local_day(now()))


def test_the_operator_sees_it_on_pages_and_nobody_else(
    app: Flask, cast: Cast, tariff_id: int, olga: Browser, anna: Browser
) -> None:
    call_id = talk(app, cast, 2)
    publish(app, tariff_id, [rate("outgoing", "", "4.00", "new")], DAY, included="3")
    form = {"account": str(cast.north), "first_day": DAY.isoformat(), "last_day": DAY.isoformat()}
    there = olga.submit("/admin/tariffs/re-rating", form).headers["Location"]
    assert "hx-trigger" in olga.get(there).text
    do_jobs(app, cast.north)

    page = olga.get(there).text
    assert call_id in page
    assert olga.submit(f"{there}/apply").status_code == 303
    do_jobs(app, cast.north)
    assert 'hx-trigger="load' not in olga.get(there).text
    assert "North" in olga.get("/admin/tariffs/re-rating").text
    page = anna.get(f"/calls/{call_id}").text
    assert "было 4.00, стало 8.00" in page
    assert anna.get(there).status_code == 403
    assert olga.submit("/admin/tariffs/re-rating", {**form, "last_day": "2098-01-01"}).status_code == 422


def test_days_before_the_first_tariff_are_not_given_away(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [rate("outgoing", "", "2.00")]), since=DAY)

    with app.app_context(), transaction(cast.north), pytest.raises(Refused) as refused:
        begin_re_rating(DAY - timedelta(days=1), DAY, DAY)

    assert refused.value.field == "first_day"
