"""outcome: the switch rings A, then calls B, once, whatever the CRM repeats."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.accounts.services import block_account
from portal.kernel.db import transaction
from portal.telephony import orders
from portal.telephony.models import SwitchOrder
from tests.public_api.crm import Crm, refusal
from tests.telephony.exchange import CLIENT, IGOR, OLGA, behave, engine, find_call, finished, make_calls_cost, wire

STRANGERS_PHONE = "SIP/00000000801"


@pytest.fixture
def crm(app: Flask, north: Crm) -> Crm:
    """North's CRM, with phones to ring and money to pay."""
    wire(app, north.account_id)
    return north


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which no switch will answer."""
    monkeypatch.setattr(orders, "PATIENCE_SECONDS", 0.2)


def outcome(
    crm: Crm, caller: str = OLGA, callee: str = CLIENT, *, request_id: str = "", **headers: str
) -> TestResponse:
    return crm.ask("outcome", {"num_a": caller, "num_b": callee, "request_id": request_id}, **headers)


def id_in(response: TestResponse) -> str:
    """The call that was ordered; the body holds nothing else."""
    assert response.status_code == 200, response.get_data(as_text=True)
    body = json.loads(response.get_data())
    assert list(body) == ["api_call_id"]
    assert re.fullmatch("[0-9a-f]{32}", body["api_call_id"])
    return str(body["api_call_id"])


def order_count(app: Flask, account_id: int) -> int:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.scalar(select(func.count()).select_from(SwitchOrder)) or 0


def test_the_call_is_placed_and_stands_in_the_list(app: Flask, crm: Crm) -> None:
    with engine(app):
        api_call_id = id_in(outcome(crm, callee="8 (903) 999-88-77"))
        finished(app, crm.account_id, api_call_id)

    call = crm.calls(api_call_id=api_call_id)[0]
    assert (call["service_name"], call["num_a"], call["num_b"]) == ("sip_outcome", OLGA, CLIENT)


def test_a_call_between_phones_is_internal(app: Flask, crm: Crm) -> None:
    with engine(app):
        api_call_id = id_in(outcome(crm, callee=IGOR))
        finished(app, crm.account_id, api_call_id)

    call = crm.calls(api_call_id=api_call_id)[0]
    assert (call["service_name"], call["num_m"], call["price"]) == ("sip_internal", None, 0)


def test_a_number_of_another_land_is_called_as_it_is_written(app: Flask, crm: Crm) -> None:
    with engine(app):
        api_call_id = id_in(outcome(crm, callee="3725551234"))
        call = finished(app, crm.account_id, api_call_id)

    assert call.callee == "3725551234"


def test_a_repeat_with_the_same_request_id_answers_with_the_first_call(app: Flask, crm: Crm) -> None:
    with engine(app):
        first = id_in(outcome(crm, request_id="deal-17"))
        again = [id_in(outcome(crm, request_id="deal-17")), id_in(outcome(crm, Idempotency_Key="deal-17"))]
        finished(app, crm.account_id, first)
        again.append(id_in(outcome(crm, request_id="deal-17")))

    assert set(again) == {first}
    assert crm.ids() == [first]


def test_calls_without_a_request_id_are_calls_of_their_own(app: Flask, crm: Crm) -> None:
    with engine(app):
        ids = {id_in(outcome(crm)) for _ in range(2)}
        for each in ids:
            finished(app, crm.account_id, each)

    assert len(ids) == 2


def test_a_request_id_for_another_call_is_refused(app: Flask, crm: Crm) -> None:
    with engine(app):
        finished(app, crm.account_id, id_in(outcome(crm, request_id="deal-17")))

        assert "request_id" in refusal(outcome(crm, callee=IGOR, request_id="deal-17"), 409)


def test_a_request_id_is_the_accounts_own(app: Flask, crm: Crm, south: Crm) -> None:
    wire(app, south.account_id, did="78612223344", phones=[STRANGERS_PHONE])
    with engine(app):
        ours = id_in(outcome(crm, request_id="1"))
        theirs = id_in(outcome(south, caller=STRANGERS_PHONE, request_id="1"))
        finished(app, crm.account_id, ours)
        finished(app, south.account_id, theirs)

    assert ours != theirs
    assert find_call(app, crm.account_id, theirs) is None


@pytest.mark.parametrize("place", ["num_a", "num_b"])
def test_another_accounts_phone_looks_like_none(app: Flask, crm: Crm, south: Crm, place: str) -> None:
    wire(app, south.account_id, did="78612223344", phones=[STRANGERS_PHONE])
    words = set()
    for phone in (STRANGERS_PHONE, "SIP/00000000999"):
        response = outcome(crm, phone, CLIENT) if place == "num_a" else outcome(crm, OLGA, phone)
        words.add(refusal(response, 404).replace(phone, "…"))

    assert len(words) == 1
    assert order_count(app, crm.account_id) == 0


def test_a_blocked_account_places_no_calls(app: Flask, crm: Crm) -> None:
    with app.app_context(), transaction(crm.account_id):
        block_account(crm.account_id, is_blocked=True)

    assert "blocked" in refusal(outcome(crm), 403)
    assert order_count(app, crm.account_id) == 0


def test_an_account_without_money_calls_nobody_outside(app: Flask, north: Crm) -> None:
    wire(app, north.account_id, has_money=False)
    make_calls_cost(app, north.account_id)

    assert "money" in refusal(outcome(north), 403)
    assert order_count(app, north.account_id) == 0


def test_a_phone_that_is_not_connected_is_told_and_nothing_rings(app: Flask, crm: Crm) -> None:
    behave(app, crm.account_id, OLGA, "offline")

    with engine(app):
        response = outcome(crm)

    assert "not connected" in refusal(response, 409)
    assert json.loads(response.get_data())["error"]["code"] == "phone_offline"
    assert crm.ids() == []


def test_repeats_at_the_same_time_place_one_call(app: Flask, crm: Crm) -> None:
    with engine(app), ThreadPoolExecutor(4) as threads:
        ids = set(threads.map(lambda _: id_in(outcome(crm, request_id="deal-19")), range(4)))
        for each in ids:
            finished(app, crm.account_id, each)

    assert crm.ids() == list(ids)


def test_a_repeat_after_a_restart_of_the_switch_answers_with_the_first_call(app: Flask, crm: Crm) -> None:
    with engine(app):
        first = id_in(outcome(crm, request_id="deal-20"))
        finished(app, crm.account_id, first)
    with engine(app):
        assert id_in(outcome(crm, request_id="deal-20")) == first

    assert crm.ids() == [first]


@pytest.mark.usefixtures("no_patience")
def test_a_switch_that_is_silent_is_a_gateway_that_timed_out(app: Flask, crm: Crm) -> None:
    assert "did not answer in time" in refusal(outcome(crm), 504)


@pytest.mark.usefixtures("no_patience")
def test_a_repeat_after_silence_is_carried_out(app: Flask, crm: Crm) -> None:
    refusal(outcome(crm, request_id="deal-18"), 504)

    with engine(app):
        finished(app, crm.account_id, id_in(outcome(crm, request_id="deal-18")))

    assert len(crm.ids()) == 1


def test_whoever_only_looks_at_the_address_rings_nobody(app: Flask, crm: Crm) -> None:
    response = crm.ask("outcome", {"num_a": OLGA, "num_b": CLIENT}, verb="HEAD")

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, OPTIONS"
    assert order_count(app, crm.account_id) == 0
