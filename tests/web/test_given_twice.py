"""A parameter that is given twice: the API refuses it, of a form the first counts for check and act (ASVS 15.3.7)."""

from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from portal.billing.models import AccountBalance
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.people import Cast
from tests.public_api.crm import key_of


def test_two_keys_open_nothing(app: Flask, cast: Cast, nobody: Browser) -> None:
    key, api = key_of(app, cast.north), "/api.php/telephony/get_calls"

    assert nobody.get(f"{api}?abonent_api_key={key}&abonent_api_key=wrong").status_code == 401
    assert nobody.get(f"{api}?abonent_api_key=wrong&abonent_api_key={key}").status_code == 401


def test_the_api_takes_no_parameter_twice(app: Flask, cast: Cast, nobody: Browser) -> None:
    key = key_of(app, cast.north)

    answer = nobody.get(f"/api.php/telephony/get_calls?abonent_api_key={key}&num_a=1234567890&num_a=1234567891")

    assert answer.status_code == 400


def test_a_form_counts_its_first_value(app: Flask, cast: Cast, olga: Browser) -> None:
    form = {"source": "hand-1", "direction": ["add", "take"], "amount": ["5", "900"], "reason": "A gift"}

    assert olga.submit(f"/admin/accounts/{cast.north}/money", form).status_code == 303

    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert session.scalar(select(AccountBalance.balance)) == Decimal(5)


def test_a_way_back_is_checked_where_it_is_followed(anna: Browser) -> None:
    form = {"next": ["/calls", "//evil.example"], "theme": "dark"}

    assert anna.submit("/preferences", form).headers["Location"] == "/calls"
    form["next"] = ["//evil.example", "/calls"]
    assert anna.submit("/preferences", form).headers["Location"] == "/"
