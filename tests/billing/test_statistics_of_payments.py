"""«Статистика платежей»: by month, direction, line and SIP account; on the page and as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import Flask

from portal.billing.ledger import post
from portal.billing.models import EntryKind
from portal.kernel.db import transaction
from portal.telephony.engine import CallKind
from tests.billing.prices import give, make_tariff, rate
from tests.browser import Browser
from tests.calls.factory import CALLER, DID, IGOR_PHONE, NOON, OLGA_PHONE, Story, tell_whole
from tests.people import Cast


@pytest.fixture(autouse=True)
def _past(app: Flask, cast: Cast) -> Iterator[None]:
    """Two months of North: calls of both directions, a payment, a fee."""
    with time_machine.travel(NOON + timedelta(hours=8), tick=False):
        rates = [rate("incoming", "", "0.60"), rate("outgoing", "", "2.00")]
        give(app, cast.north, make_tariff(app, rates, included="1"))
        with app.app_context(), transaction(cast.north):
            post(
                EntryKind.PAYMENT,
                "=HYPERLINK(1)",
                Decimal(500),
                text="=1+1",
                at=datetime(2026, 10, 5, tzinfo=NOON.tzinfo),
            )
            post(EntryKind.FEE, "2026-11", Decimal(-30))
        tell_whole(app, Story(cast.north, talked=120))
        tell_whole(app, Story(cast.north, talked=60, callee=IGOR_PHONE, did="78121234567"))
        tell_whole(app, Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee=CALLER, talked=60))
        yield


def test_months_and_parts_stand_on_the_page(anna: Browser) -> None:
    page = anna.get("/payments").text

    for words in ("2,80", "30,00", "500,00", "1,00", DID, "78121234567", OLGA_PHONE, IGOR_PHONE):
        assert words in page
    assert page.count("<table") == 5


def test_csv_has_the_same_figures(anna: Browser) -> None:
    lines = anna.get("/payments/table.csv?by=line&from=2026-11&to=2026-11").text.splitlines()
    assert lines[1:] == [f"{DID};2;180;3,20", "78121234567;1;60;0,60"]
    lines = anna.get("/payments/table.csv?by=sip").text.splitlines()
    assert lines[1:] == [f"{OLGA_PHONE};2;180;3,20", f"{IGOR_PHONE};1;60;0,60"]
    lines = anna.get("/payments/table.csv?from=2026-10&to=2026-11").text.splitlines()
    assert lines[1:] == ["октябрь 2026;500,00;0,00;0,00;0,00;0,00;0,00", "ноябрь 2026;0,00;2,80;1,00;30,00;0,00;32,80"]
    assert anna.get("/payments/table.csv?by=weather").status_code == 404


def test_the_ledger_as_csv_is_the_choice_and_no_formula(anna: Browser) -> None:
    answer = anna.get("/balance/postings.csv?kind=payment")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="postings.csv"'
    (line,) = answer.text.splitlines()[1:]
    assert line.endswith(";Платёж;'=1+1;'=HYPERLINK(1);500,00;0,00;500,00")
    assert len(anna.get("/balance/postings.csv").text.splitlines()) == 6


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("kind=fee", "2026-11", "HYPERLINK"),
        ("kind=payment", "HYPERLINK", "/calls/"),
        ("to=2026-10-31", "HYPERLINK", "/calls/"),
        ("from=2026-11-01&kind=call", "/calls/", "HYPERLINK"),
    ],
)
def test_postings_are_chosen_by_kind_and_days(anna: Browser, query: str, there: str, not_there: str) -> None:
    part = anna.fragment(f"/balance?{query}").text

    assert there in part
    assert not_there not in part


@pytest.mark.parametrize(
    "url",
    [
        "/balance?kind=gift&from=yesterday&to=9999-99-99",
        "/balance?from=2026-11-02&to=2026-11-01",
        "/payments?from=2026-13&to=x",
        "/payments?from=2026-11&to=2026-01",
        "/payments?from=2000-01",
    ],
)
def test_nonsense_is_left_out_with_a_note(anna: Browser, url: str) -> None:
    answer = anna.get(url)

    assert answer.status_code == 200
    assert "notice--wait" in answer.text


def test_the_stranger_sees_nothing_of_it(clara: Browser, olga: Browser) -> None:
    assert DID not in clara.get("/payments").text
    assert len(clara.get("/balance/postings.csv").text.splitlines()) == 1
    assert len(clara.get("/payments/table.csv?by=line").text.splitlines()) == 1
    for url in ("/payments", "/payments/table.csv", "/balance/postings.csv"):
        assert olga.get(url).status_code == 403
