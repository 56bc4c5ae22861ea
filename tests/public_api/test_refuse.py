"""Every refusal: a true status, one JSON shape, a message that says what and why, nothing of the inside."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from portal.accounts.api_keys import end_api_key, rotate_api_key, working_keys
from portal.kernel.db import db, transaction
from tests.public_api.crm import ROOT, Crm, refusal

ID = "0" * 32
WRONG = [
    ("get_calls", {"api_call_id": "xyz"}, "api_call_id"),
    ("get_calls", {"api_call_id": "0" * 31 + "\N{ARABIC-INDIC DIGIT ONE}"}, "api_call_id"),
    ("get_calls", {"num_a": "Anna"}, "num_a"),
    ("get_calls", {"num_m": "SIP/"}, "num_m"),
    ("get_calls", {"num_b": "7" * 40}, "num_b"),
    ("get_calls", {"num_b": "7495\0"}, "num_b"),
    ("get_calls", {"service_name": "IVR"}, "service_name"),
    ("get_calls", {"from": "yesterday"}, "from"),
    ("get_calls", {"from": "-1"}, "from"),
    ("get_calls", {"from": "99999999999999999999"}, "from"),
    ("get_calls", {"to": "0001-01-01T00:00:00+14:00"}, "to"),
    ("get_calls", {"to": "9999-12-31T23:59:59-14:00"}, "to"),
    ("get_calls", {"from": "2026-11-24", "to": "2026-11-23"}, "from"),
    ("get_calls", {"limit": "0"}, "limit"),
    ("get_calls", {"limit": "-5"}, "limit"),
    ("get_calls", {"limit": "1e3"}, "limit"),
    ("get_calls", {"limit": "1000001"}, "limit"),
    ("get_calls", {"cursor": "abc"}, "cursor"),
    ("get_calls", {"cursor": "WzEsMSwxXQ"}, "cursor"),
    ("get_calls", {"cursor": "WzAsOTIyMzM3MjAzNjg1NDc3NTgwNywxXQ"}, "cursor"),
    ("get_calls", {"cursor": "W1tb" * 1500}, "cursor"),
    ("get_calls", "num_a=79030000000&num_a=79030000001", "num_a"),
    ("get_calls", "num_a=%ff", "num_a"),
    ("get_calls", "from=%ed%a0%80", "from"),
    ("get_record", {}, "api_call_id"),
    ("get_record", {"api_call_id": "../../etc/passwd"}, "api_call_id"),
    ("get_record", f"api_call_id={ID}&api_call_id={ID}", "api_call_id"),
    ("outcome", {"num_b": "79030000000"}, "num_a"),
    ("outcome", {"num_a": "SIP/00000000672"}, "num_b"),
    ("outcome", {"num_a": "74951234567", "num_b": "79030000000"}, "num_a"),
    ("outcome", {"num_a": "SIP/00000000672", "num_b": "112"}, "num_b"),
    ("outcome", {"num_a": "SIP/00000000672", "num_b": "SIP/00000000672"}, "num_b"),
    ("outcome", {"num_a": "SIP/00000000672", "num_b": "79030000000", "request_id": "x" * 201}, "request_id"),
    ("outcome", {"num_a": "SIP/00000000672", "num_b": "79030000000", "request_id": "a\nb"}, "request_id"),
]


@pytest.mark.parametrize(("method", "query", "name"), WRONG)
def test_a_wrong_parameter_is_named(north: Crm, method: str, query: dict[str, str] | str, name: str) -> None:
    response = north.ask(method, query, Accept_Language="ru")

    assert name in refusal(response, 400)
    assert json.loads(response.get_data())["error"]["code"] == "bad_request"


def _with(crm: Crm, key: str, *, header: bool) -> TestResponse:
    client = crm.app.test_client()
    if header:
        return client.get(f"{ROOT}/get_calls", headers={"Authorization": f"Bearer {key}"})
    return client.get(f"{ROOT}/get_calls", query_string={"abonent_api_key": key})


@pytest.mark.parametrize("header", [True, False])
def test_the_key_opens_in_the_header_and_in_the_query(north: Crm, header: bool) -> None:
    assert _with(north, north.key, header=header).status_code == 200


def test_no_key_and_every_kind_of_wrong_key_get_the_same_answer(app: Flask, north: Crm) -> None:
    vault = app.extensions["portal.vault"]
    with app.app_context(), transaction(north.account_id):
        current = rotate_api_key(vault, timedelta(hours=1), replaces=working_keys()[0].id)
        db.session.flush()
        replaced = working_keys()[1].id
    with app.app_context(), transaction(north.account_id):
        end_api_key(replaced)
    client = app.test_client()
    answers = [
        client.get(f"{ROOT}/get_calls"),
        client.get(f"{ROOT}/no_such_method"),
        client.get(f"{ROOT}/get_record"),
        client.get(f"{ROOT}/get_calls", query_string=f"abonent_api_key={current}&abonent_api_key={current}"),
        client.get(f"{ROOT}/get_calls", headers={"Authorization": "Basic YTpi"}),
        *(
            _with(north, key, header=header)
            for header in (True, False)
            for key in ("x", "", current[:-1], current.upper(), north.key, "абонент" * 5, "0" * 5000)
        ),
    ]

    assert {refusal(each, 401) for each in answers} == {"The key is missing, unknown or no longer valid."}
    assert len({(each.get_data(), each.headers["WWW-Authenticate"]) for each in answers}) == 1
    assert _with(north, current, header=True).status_code == 200


@pytest.mark.parametrize("method", ["nothing", "get_calls/", "get_calls/x", "OUTCOME", "%ff", "..%2fx"])
def test_an_unknown_method_says_which_there_are(north: Crm, method: str) -> None:
    assert "outcome, get_calls and get_record" in refusal(north.ask(method), 404)


@pytest.mark.parametrize(
    "path", ["/api.php", "/api.php/", "/api.php/telephony", "/api.php//telephony/get_calls", "//api.php/x"]
)
def test_an_address_beside_the_api_is_no_page_and_sends_nobody_on(app: Flask, north: Crm, path: str) -> None:
    response = app.test_client().get(query_string={"abonent_api_key": north.key}, environ_overrides={"PATH_INFO": path})

    refusal(response, 404)
    assert north.key not in f"{response.headers}{response.get_data(as_text=True)}"


def test_an_address_that_nobody_can_mean_is_refused(north: Crm) -> None:
    refusal(north.ask("get_calls%00"), 400)


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("method", ["outcome", "get_calls", "get_record", "nothing"])
def test_other_verbs_are_refused_with_those_that_are_answered(north: Crm, verb: str, method: str) -> None:
    response = north.ask(method, verb=verb)

    refusal(response, 405)
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("method", ["outcome", "get_calls", "get_record", "nothing"])
def test_options_answers_with_the_verbs_alone(north: Crm, method: str) -> None:
    response = north.ask(method, verb="OPTIONS", Authorization="")

    assert (response.status_code, response.get_data()) == (204, b"")
    assert "Content-Type" not in response.headers
    assert response.headers["Allow"] == ("GET, OPTIONS" if method == "outcome" else "GET, HEAD, OPTIONS")
    assert not [name for name in response.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_on_another_site_makes_no_phone_ring(north: Crm, site: str) -> None:
    query = {"num_a": "SIP/00000000672", "num_b": "79030000000"}

    response = north.ask("outcome", query, Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")

    assert "link" in refusal(response, 403)
    assert "SIP" in refusal(north.ask("outcome", query, Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate"), 404)


def test_a_post_from_another_site_is_refused_in_the_same_shape(north: Crm) -> None:
    refusal(north.ask("outcome", verb="POST", Sec_Fetch_Site="cross-site"), 403)


def test_a_page_of_another_site_may_ask_as_it_has_the_key(north: Crm) -> None:
    """A CRM's page plays a record by its address: its browser says where the request comes from."""
    assert north.ask("get_calls", Sec_Fetch_Site="cross-site").status_code == 200


def test_a_fault_of_ours_tells_nothing_of_the_inside(app: Flask, north: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.public_api.listing.span", lambda _query: 1 / 0)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    response = north.ask("get_calls")

    message = refusal(response, 500)
    assert "X-Request-Id" in message
    assert response.headers["X-Request-Id"]
    assert "ZeroDivision" not in message
    assert "Traceback" not in message


def test_a_database_that_does_not_answer_is_told(north: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "portal.public_api.listing.span", lambda _query: db.session.execute(text("select * from nowhere"))
    )
    monkeypatch.setitem(north.app.config, "PROPAGATE_EXCEPTIONS", False)

    response = north.ask("get_calls")

    assert "nowhere" not in refusal(response, response.status_code)
    assert response.status_code in (500, 503)
