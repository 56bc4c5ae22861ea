"""get_calls: the sixteen fields, and any choice of calls."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from portal.calls.models import CallRecord
from portal.kernel.clock import to_unix
from portal.kernel.db import transaction
from portal.telephony.engine import CallKind
from tests.calls.factory import CALLER, DID, IGOR_PHONE, NOON, OLGA_PHONE, Story, tell, tell_whole
from tests.people import Cast
from tests.public_api.crm import FIELDS, Crm

SETUP = to_unix(NOON)


def settle(app: Flask, account_id: int, api_call_id: str, **facts: Any) -> None:
    """What other rooms would have written on the call."""
    with app.app_context(), transaction(account_id) as session:
        session.execute(update(CallRecord).where(CallRecord.api_call_id == api_call_id).values(**facts))


def test_a_call_has_the_sixteen_fields_in_the_contracts_order(app: Flask, north: Crm) -> None:
    story = tell_whole(app, Story(north.account_id))
    settle(app, north.account_id, story.api_call_id, price=Decimal("1.8"), caller_name='Пётр "П"', callee_name="Olga")

    body = north.ask("get_calls").get_data(as_text=True)
    call = json.loads(body, parse_float=Decimal)[0]

    assert list(call) == FIELDS
    assert call == {
        "abonent_id": north.account_id,
        "setup_time": SETUP,
        "service_name": "ivr",
        "num_a": CALLER,
        "code_name_num_a": 'Пётр "П"',
        "num_m": DID,
        "num_b": OLGA_PHONE,
        "code_name_num_b": "Olga",
        "num_a_connection_time": 60,
        "num_b_connection_time": 60,
        "connection_time": 60,
        "num_a_waiting_time": 5,
        "num_b_waiting_time": 5,
        "recorder_file": None,
        "price": Decimal("1.80"),
        "api_call_id": story.api_call_id,
    }


def test_what_is_not_known_is_null_and_never_an_empty_text(app: Flask, north: Crm) -> None:
    tell(app, Story(north.account_id, caller="", did=None).started())

    call = north.calls()[0]

    assert "" not in call.values()
    unknown = {"num_a", "code_name_num_a", "num_m", "num_b", "code_name_num_b", "recorder_file", "price"}
    assert unknown <= {name for name, value in call.items() if value is None}


@pytest.mark.parametrize(
    ("price", "written"),
    [
        ("0", "0.00"),
        ("1.8", "1.80"),
        ("0.0125", "0.0125"),
        ("100", "100.00"),
        ("0.1", "0.10"),
        ("12345678.9", "12345678.90"),
    ],
)
def test_a_price_is_written_exactly(app: Flask, north: Crm, price: str, written: str) -> None:
    story = tell_whole(app, Story(north.account_id))
    settle(app, north.account_id, story.api_call_id, price=Decimal(price))

    assert f'"price":{written},' in north.ask("get_calls").get_data(as_text=True)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(CallKind.INCOMING, "ivr"), (CallKind.OUTGOING, "sip_outcome"), (CallKind.INTERNAL, "sip_internal")],
)
def test_each_kind_of_call_has_its_name_and_is_found_by_it(app: Flask, north: Crm, kind: CallKind, name: str) -> None:
    stories = {each: tell_whole(app, Story(north.account_id, kind=each)).api_call_id for each in CallKind}

    found = north.calls(service_name=name)

    assert [(call["api_call_id"], call["service_name"]) for call in found] == [(stories[kind], name)]


def test_an_account_without_calls_has_an_empty_array(north: Crm) -> None:
    assert north.ask("get_calls").get_data() == b"[]"


def test_the_newest_call_comes_first(app: Flask, north: Crm) -> None:
    hours = (3, 1, 2)
    stories = {n: tell_whole(app, Story(north.account_id, started_at=NOON + timedelta(hours=n))) for n in hours}

    assert north.ids() == [stories[n].api_call_id for n in (3, 2, 1)]


@pytest.mark.parametrize(
    "query",
    [
        {"num_a": CALLER, "num_b": OLGA_PHONE},
        {"num_a": "+7 (903) 999-88-77"},
        {"num_a": "8 903 999-88-77"},
        {"num_a": "89039998877"},
        {"num_a": "9039998877"},
        {"num_a": " 79039998877 "},
        {"num_m": DID, "num_b": "sip/00000000672"},
        {"num_m": "8(495)123-45-67"},
        {"num_b": OLGA_PHONE, "service_name": "ivr", "from": SETUP, "to": SETUP},
        {"num_a": CALLER, "num_b": "", "unknown": "left alone"},
    ],
)
def test_conditions_hold_together_and_take_numbers_as_written(app: Flask, north: Crm, query: dict[str, Any]) -> None:
    wanted = tell_whole(app, Story(north.account_id))
    tell_whole(app, Story(north.account_id, caller="74950000001", did="74950000002", callee=IGOR_PHONE))
    later = NOON + timedelta(seconds=1)
    tell_whole(app, Story(north.account_id, caller="79030000000", started_at=later, callee=IGOR_PHONE, did=None))

    assert north.ids(**query) == [wanted.api_call_id]


def test_a_number_in_the_universal_format_is_taken_at_its_word(app: Flask, north: Crm) -> None:
    """81312345678 is a number in Tokyo, though it looks like a Russian one with its 8."""
    tokyo = tell_whole(app, Story(north.account_id, caller="81312345678"))

    assert north.ids(num_a="81312345678") == [tokyo.api_call_id]


def test_a_call_is_found_by_its_id_in_any_case(app: Flask, north: Crm) -> None:
    story = tell_whole(app, Story(north.account_id, api_call_id="c1f926a8f5727b77f9cbf39d8f35d061"))
    tell_whole(app, Story(north.account_id))

    assert north.ids(api_call_id=story.api_call_id.upper()) == [story.api_call_id]


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        (SETUP, SETUP, 1),
        (SETUP - 1, SETUP, 1),
        (SETUP, SETUP + 10, 2),
        (SETUP + 1, SETUP + 9, 0),
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", 1),
        ("2026-11-23T12:00:00+03:00", "2026-11-23T12:00:10+03:00", 2),
        ("2026-11-23T09:00:00", "2026-11-23T09:00:05", 1),
        ("2026-11-23", "2026-11-24", 2),
    ],
)
def test_both_ends_of_a_time_belong_to_it(app: Flask, north: Crm, since: object, until: object, count: int) -> None:
    tell_whole(app, Story(north.account_id, started_at=NOON + timedelta(milliseconds=700)))
    tell_whole(app, Story(north.account_id, started_at=NOON + timedelta(seconds=10, milliseconds=300)))

    assert len(north.calls(from_=since, to=until)) == count


def test_a_plus_that_was_not_encoded_is_understood(app: Flask, north: Crm) -> None:
    tell_whole(app, Story(north.account_id))

    response = north.ask("get_calls", "from=2026-11-23T12:00:00+03:00&num_a=+79039998877")

    assert len(json.loads(response.get_data())) == 1


def test_another_accounts_calls_look_like_none(app: Flask, north: Crm, cast: Cast, south: Crm) -> None:
    story = tell_whole(app, Story(north.account_id))

    assert south.ids() == []
    assert south.ids(api_call_id=story.api_call_id) == south.ids(api_call_id=uuid.uuid4().hex) == []


def test_head_tells_the_headers_without_a_body(app: Flask, north: Crm) -> None:
    for _ in range(2):
        tell_whole(app, Story(north.account_id))

    response = north.ask("get_calls", {"limit": 1}, verb="HEAD")

    assert response.get_data() == b""
    assert 'rel="next"' in response.headers["Link"]
