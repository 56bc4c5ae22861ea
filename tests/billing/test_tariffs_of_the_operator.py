"""The operator makes tariffs, publishes versions of them and gives them to accounts."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.accounts.trail.models import InstallationEntry
from portal.billing.ledger import local_day
from portal.billing.models import AccountPlan, Tariff, TariffRate, TariffVersion
from portal.billing.plans import version_on
from portal.billing.tariffs.price_list import PriceListError, RateLine, read_rates, write_rates
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.telephony.engine import CallKind
from tests.billing.prices import give, make_tariff, rate
from tests.browser import Browser
from tests.people import OLGA, Cast

RATES = "direction;prefix;name;price;per;step;free\noutgoing;7;Россия;1,80;minute;60;0\nincoming;;in;0.01;second;1;3\n"


def today(app: Flask, account_id: int) -> str:
    with app.app_context(), transaction(account_id, writes=False):
        return local_day(now()).isoformat()


def version(browser: Browser, url: str, **changed: object) -> tuple[int, str]:
    """Sends the form of a version; answers the status and the page or where it leads."""
    form = {"name": "Plain", "valid_from": "2026-01-01", "monthly_fee": "300", "included": "100,50", "rates": RATES}
    answer = browser.submit(url, {**form, "after": "0", **changed})
    return answer.status_code, answer.headers.get("Location") or answer.text


def test_a_tariff_is_made_given_and_prices_calls(app: Flask, cast: Cast, olga: Browser) -> None:
    status, there = version(olga, "/admin/tariffs/new")
    assert status == 303
    page = olga.get(there).text
    assert "Россия" in page
    assert "1,80" in page

    with app.app_context(), transaction(writes=False) as session:
        tariff_id = session.scalars(select(Tariff.id).where(Tariff.is_default)).one()
    answer = olga.submit(
        f"/admin/tariffs/{tariff_id}/accounts", {"account": str(cast.north), "valid_from": today(app, cast.north)}
    )
    assert answer.status_code == 303
    assert "North" in olga.get(f"/admin/tariffs/{tariff_id}").text
    with app.app_context(), transaction(cast.north, writes=False):
        found = version_on(local_day(now()))
        assert found is not None
        assert (found.monthly_fee, found.included) == (Decimal(300), Decimal("100.50"))
    assert "Plain" in olga.get("/admin/tariffs").text


def test_what_is_exported_can_be_imported(olga: Browser) -> None:
    _status, there = version(olga, "/admin/tariffs/new")
    exported = olga.get(f"{there}/rates.csv")

    assert "attachment" in exported.headers["Content-Disposition"]
    upload = (io.BytesIO(exported.get_data()), "rates.csv")
    _status, other = version(olga, "/admin/tariffs/new", name="Other", rates="", file=upload)
    assert olga.get(f"{other}/rates.csv").get_data() == exported.get_data()


def test_errors_are_told_by_line_and_nothing_is_lost(app: Flask, olga: Browser) -> None:
    text = (
        RATES + "sideways;7;x;1;minute;60;0\noutgoing;7;again;1;minute;60;0\noutgoing;8;y;1,00001;hour;0;x\nshort;1\n"
    )
    status, page = version(olga, "/admin/tariffs/new", rates=text)

    assert status == 422
    for words in ("Строка 4:", "Строка 5:", "Строка 6:", "Строка 7:", "sideways;7;x"):
        assert words in page
    with app.app_context(), transaction(writes=False) as session:
        assert session.scalars(select(Tariff)).all() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"valid_from": "tomorrow"},
        {"monthly_fee": "-1"},
        {"included": "much"},
        {"rates": "=cmd;x"},
        {"file": (io.BytesIO(b"\xff\xfe\x00"), "x.csv")},
    ],
)
def test_what_is_wrong_comes_back(olga: Browser, changed: dict[str, object]) -> None:
    status, _page = version(olga, "/admin/tariffs/new", **changed)
    assert status == 422


def test_of_two_operators_the_second_sees_the_first_ones_version(app: Flask, olga: Browser) -> None:
    tariff_id = make_tariff(app, [rate("outgoing", "", "1")])
    url = f"/admin/tariffs/{tariff_id}/new-version"
    with app.app_context(), transaction(writes=False) as session:
        known = str(session.scalars(select(TariffVersion.id)).one())
    assert version(olga, url, after=known)[0] == 303

    status, page = version(olga, url, after=known, monthly_fee="777")
    assert status == 409
    assert 'value="777"' in page


def test_a_version_that_has_not_begun_can_be_taken_back(app: Flask, cast: Cast, olga: Browser) -> None:
    tariff_id = make_tariff(app, [rate("outgoing", "", "1")])
    with app.app_context(), transaction(writes=False) as session:
        old = session.scalars(select(TariffVersion.id)).one()
    _status, there = version(olga, f"/admin/tariffs/{tariff_id}/new-version", after=str(old), valid_from="2098-01-01")

    assert olga.submit(f"{there}/withdraw").status_code == 303
    assert olga.get(there).status_code == 404
    assert olga.submit(f"/admin/tariffs/{tariff_id}/versions/{old}/withdraw").status_code == 409
    with app.app_context(), transaction(writes=False) as session:
        assert len(session.scalars(select(TariffRate)).all()) == 1


def test_a_tariff_of_a_later_day_can_be_taken_back(app: Flask, cast: Cast, olga: Browser) -> None:
    tariff_id = make_tariff(app, [])
    give(app, cast.north, tariff_id)
    with app.app_context(), transaction(cast.north, writes=False):
        later = (local_day(now()) + timedelta(days=30)).isoformat()
    olga.submit(f"/admin/tariffs/{tariff_id}/accounts", {"account": str(cast.north), "valid_from": later})

    back = f"/admin/tariffs/{tariff_id}/accounts/{cast.north}"
    assert olga.submit(f"{back}/{later}/take-back").status_code == 303
    assert olga.submit(f"{back}/2020-01-01/take-back").status_code == 409
    assert olga.submit(f"{back}/{later}/take-back").status_code == 404
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert len(session.scalars(select(AccountPlan)).all()) == 1


def test_new_accounts_get_the_tariff_that_is_for_them(app: Flask, olga: Browser) -> None:
    version(olga, "/admin/tariffs/new")
    tariff_id = make_tariff(app, [], name="Second")
    assert olga.submit(f"/admin/tariffs/{tariff_id}/default").status_code == 303

    with app.app_context(), transaction(writes=False) as session:
        assert session.scalars(select(Tariff.name).where(Tariff.is_default)).all() == ["Second"]


@pytest.mark.parametrize("url", ["/admin/tariffs/new", "/admin/tariffs/re-rating"])
def test_tariffs_are_the_operators(anna: Browser, clara: Browser, url: str) -> None:
    assert anna.get(url).status_code == 403
    assert clara.submit(url).status_code == 403


LINES = st.builds(
    RateLine,
    kind=st.sampled_from([CallKind.INCOMING, CallKind.OUTGOING]),
    prefix=st.from_regex(r"[0-9]{0,15}", fullmatch=True),
    name=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=60),
    price=st.decimals(0, 100_000, places=4),
    unit_seconds=st.sampled_from([1, 60]),
    step_seconds=st.integers(1, 3600),
    free_seconds=st.integers(0, 3600),
)


@given(st.lists(LINES, max_size=20, unique_by=lambda line: (line.kind, line.prefix)))
def test_a_list_that_was_written_reads_as_it_was(lines: list[RateLine]) -> None:
    assert read_rates(write_rates(line.as_rate() for line in lines)) == lines


@given(st.text(max_size=300))
def test_any_text_is_a_list_or_says_what_is_wrong(text: str) -> None:
    with suppress(PriceListError):
        assert isinstance(read_rates(text), list)


def test_each_act_on_a_tariff_leaves_a_line(app: Flask, olga: Browser) -> None:
    _status, there = version(olga, "/admin/tariffs/new")
    tariff_url = there.partition("/versions/")[0]
    with app.app_context(), transaction(writes=False) as session:
        known = str(session.scalars(select(TariffVersion.id)).one())
    _status, later = version(olga, f"{tariff_url}/new-version", after=known, valid_from="2098-01-01")
    olga.submit(f"{later}/withdraw")
    olga.submit(f"{tariff_url}/default")

    with app.app_context(), transaction(writes=False) as session:
        lines = session.scalars(
            select(InstallationEntry)
            .where(InstallationEntry.action.startswith("tariff."))
            .order_by(InstallationEntry.number)
        )
        said = [(line.action, line.subject, line.actor) for line in lines]
    acts = ["add", "publish", "publish", "withdraw", "default"]
    assert said == [(f"tariff.{act}", "Plain", OLGA.email) for act in acts]
