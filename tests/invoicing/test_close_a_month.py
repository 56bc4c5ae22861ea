"""A month that is over gets its papers once, numbered without gaps, never changed; what moves later is corrected."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from portal.billing.ledger import post
from portal.billing.models import EntryKind
from portal.billing.statements import find_statement
from portal.invoicing.papers import job
from portal.invoicing.papers.content import read_content
from portal.invoicing.papers.models import Paper, PaperCounter, Series
from portal.invoicing.papers.numbering import take_number
from portal.kernel.db import db, transaction
from portal.kernel.jobs import Job
from tests.browser import Browser
from tests.invoicing.parties import charge, tell_buyer, tell_seller
from tests.people import Cast

OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)
SECOND = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(SECOND, tick=False):
        yield


def close(
    app: Flask, account_id: int, month: int = 10, *, is_forced: bool = False
) -> list[tuple[str, int, date, Decimal]]:
    with app.test_request_context(), transaction(account_id):
        made = job.see_to(find_statement(2026, month), is_forced=is_forced)
        return [(paper.kind, paper.number, paper.issued_on, paper.total) for paper in made]


def kept(app: Flask, account_id: int) -> list[Paper]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(Paper).order_by(Paper.id)))


def test_a_month_gets_a_bill_an_act_and_an_invoice_of_its_last_day(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    charge(app, cast.north, OCTOBER, "100.10")
    charge(app, cast.north, OCTOBER, "21.90", "Мобильные")

    last = date(2026, 10, 31)
    expected = [(kind, 1, last, Decimal("122.00")) for kind in ("bill", "act", "invoice")]
    assert close(app, cast.north) == expected
    assert close(app, cast.north) == []
    act = kept(app, cast.north)[1]
    content = read_content(act.content)
    assert [(line.total, line.vat) for line in content.lines] == [
        (Decimal("100.10"), Decimal("18.05")),
        (Decimal("21.90"), Decimal("3.95")),
    ]
    assert (content.buyer.name, content.seller.codes) == ("ООО «Север»", "7707083893/773601001")


def test_papers_wait_for_both_parties_and_for_the_first_month(app: Flask, cast: Cast) -> None:
    charge(app, cast.north, OCTOBER, "10")
    assert close(app, cast.north) == []
    tell_seller(app, papers_since=date(2026, 11, 1))
    assert close(app, cast.north) == []
    tell_buyer(app, cast.north)
    assert close(app, cast.north) == []
    assert kept(app, cast.north) == []


def test_without_vat_there_is_no_invoice_and_with_one_upd_nothing_else(app: Flask, cast: Cast) -> None:
    tell_seller(app, vat="none")
    tell_buyer(app, cast.north)
    charge(app, cast.north, OCTOBER, "10")
    assert [kind for kind, *_ in close(app, cast.north)] == ["bill", "act"]
    with app.app_context(), transaction() as session:
        session.execute(delete(db.metadata.tables["seller_details"]))
    tell_seller(app, papers="transfer")
    tell_buyer(app, cast.south)
    charge(app, cast.south, OCTOBER, "10")
    assert [kind for kind, *_ in close(app, cast.south)] == ["bill", "transfer"]


def test_a_month_that_cost_nothing_gets_none(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    with app.app_context(), transaction(cast.north):
        post(EntryKind.PAYMENT, "x", Decimal(50), at=OCTOBER)

    assert close(app, cast.north) == []


def test_a_bill_asks_for_what_the_balance_lacks(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    with app.app_context(), transaction(cast.north):
        post(EntryKind.PAYMENT, "x", Decimal(60), at=OCTOBER)
    charge(app, cast.north, OCTOBER, "100")
    close(app, cast.north)

    bill = kept(app, cast.north)[0]
    assert (bill.total, bill.due, bill.is_paid) == (Decimal(100), Decimal(40), False)


def test_late_papers_bear_the_day_on_which_they_were_drawn_up(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    charge(app, cast.north, datetime(2026, 8, 3, tzinfo=UTC), "10")
    charge(app, cast.north, OCTOBER, "10")

    assert {day for _kind, _number, day, _total in close(app, cast.north, 8)} == {date(2026, 11, 2)}
    # Numbers and days go together: October's would be earlier, and must not be.
    assert {day for _kind, _number, day, _total in close(app, cast.north, 10)} == {date(2026, 11, 2)}


def test_a_month_is_left_alone_until_it_is_quiet(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    charge(app, cast.north, OCTOBER, "10")
    with time_machine.travel(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), tick=False):  # 02:30 of the 1st in Moscow
        assert close(app, cast.north) == []
    with time_machine.travel(datetime(2026, 11, 1, 3, 1, tzinfo=UTC), tick=False):
        assert len(close(app, cast.north)) == 3


def test_what_moves_later_is_corrected_and_nothing_that_was_drawn_up_changes(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    charge(app, cast.north, OCTOBER, "100")
    close(app, cast.north)
    before = [(paper.content, paper.total, paper.number) for paper in kept(app, cast.north)]
    charge(app, cast.north, OCTOBER + timedelta(hours=1), "22")

    assert close(app, cast.north) == [], "not for each late call: next month"
    with time_machine.travel(datetime(2026, 12, 2, 12, tzinfo=UTC), tick=False):
        made = close(app, cast.north)
        assert close(app, cast.north) == []
    assert made == [("correction", 2, date(2026, 12, 2), Decimal(122))] * 2
    papers = kept(app, cast.north)
    assert [(paper.content, paper.total, paper.number) for paper in papers[:3]] == before
    content = read_content(papers[3].content)
    assert (content.before[0].total, content.lines[0].total) == (Decimal(100), Decimal(122))
    assert content.corrects == "№ 1 от 31.10.2026"


def test_the_operator_need_not_wait_for_a_correction(app: Flask, cast: Cast, olga: Browser, anna: Browser) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    charge(app, cast.north, OCTOBER, "100")
    url = f"/admin/bills/{cast.north}/months/2026/10/correct"
    assert olga.submit(url).status_code == 303
    charge(app, cast.north, OCTOBER + timedelta(hours=1), "22")
    assert olga.submit(url).status_code == 303
    assert anna.submit(url).status_code == 403

    assert [paper.kind for paper in kept(app, cast.north)] == ["bill", "act", "invoice", "correction", "correction"]
    page = olga.get(f"/admin/bills/{cast.north}").get_data(as_text=True)
    assert page.count("Корректировка №") == 2


def test_each_account_with_a_month_that_is_over_gets_its_job_once(app: Flask, cast: Cast) -> None:
    tell_seller(app)
    tell_buyer(app, cast.north)
    charge(app, cast.north, OCTOBER, "10")

    with app.app_context():
        job.begin_where_due(app)
        job.begin_where_due(app)
        with transaction(cast.north, writes=False) as session:
            begun = list(session.scalars(select(Job.kind)))
    assert begun == ["papers"]


def test_numbers_taken_at_the_same_time_have_no_gap_and_no_twin(app: Flask, cast: Cast) -> None:
    taken: list[int] = []
    lock = threading.Lock()

    def take(place: int) -> None:
        try:
            with app.app_context(), transaction(cast.north):
                number = take_number("7707083893", Series.ACTS, date(2026, 11, 2)).number
                _undo_if(place % 4 == 3)
                with lock:
                    taken.append(number)
        except KeyError:
            pass

    threads = [threading.Thread(target=take, args=(place,)) for place in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(1, 19))


def _undo_if(is_undone: bool) -> None:
    """Ends a transaction badly: its number goes to the next."""
    if is_undone:
        raise KeyError


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(Series), st.dates(date(2025, 12, 1), date(2026, 12, 31)), st.booleans()), max_size=20
    )
)
def test_numbers_and_days_grow_together_in_each_series_and_year(
    app: Flask, cast: Cast, wishes: list[tuple[Series, date, bool]]
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(delete(PaperCounter))
    seen: dict[tuple[Series, int], list[tuple[int, date]]] = {}
    for series, day, is_undone in wishes:
        with app.app_context():
            try:
                with transaction():
                    taken = take_number("7707083893", series, day)
                    _undo_if(is_undone)
            except KeyError:
                continue
        assert taken.day >= day
        seen.setdefault((series, taken.year), []).append((taken.number, taken.day))

    for row in seen.values():
        assert [number for number, _day in row] == list(range(1, len(row) + 1))
        assert [day for _number, day in row] == sorted(day for _number, day in row)


def test_another_seller_and_another_year_begin_anew(app: Flask, cast: Cast) -> None:
    def take(inn: str, day: date) -> int:
        with app.app_context(), transaction():
            return take_number(inn, Series.BILLS, day).number

    assert [take("1", date(2026, 1, 1)), take("1", date(2026, 2, 1)), take("2", date(2026, 2, 1))] == [1, 2, 1]
    assert take("1", date(2027, 1, 1)) == 1
