"""The parameters and the URL are the contract's, letter for letter."""

from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.calls.models import CallRecord
from portal.kernel.clock import from_unix
from portal.webhooks import wire
from tests.webhooks.world import CALL_ID, call_record

SETUP = 1_700_000_000


def the_call(**facts: object) -> CallRecord:
    return call_record(started_at=from_unix(SETUP + 0.9), **facts)


def test_a_call_start_has_four_parameters_in_the_contracts_order() -> None:
    assert wire.start_parameters(the_call()) == [
        ("num_a", "79039998877"),
        ("num_m", "79037778899"),
        ("setup_time", "1700000000"),
        ("api_call_id", CALL_ID),
    ]


def test_a_call_end_has_eleven_parameters_in_the_contracts_order() -> None:
    call = the_call(caller_name="Иван Петров", callee_name="Olga Manoli")

    assert wire.end_parameters(call) == [
        ("num_a", "79039998877"),
        ("code_name_num_a", "Иван Петров"),
        ("num_m", "79037778899"),
        ("num_b", "SIP/0000000672"),
        ("code_name_num_b", "Olga Manoli"),
        ("setup_time", "1700000000"),
        ("connection_time", "12"),
        ("waiting_time", "5"),
        ("api_call_id", CALL_ID),
        ("price", "1.50"),
    ]


def test_the_urls_are_those_of_the_contracts_examples() -> None:
    base = "http://my_super_crm.ru/script/telediscount"

    start = wire.get_url(f"{base}/income.php", wire.start_parameters(the_call()))
    end = wire.get_url(f"{base}/call_finished.php", wire.end_parameters(the_call(price=None)))

    assert start == (
        "http://my_super_crm.ru/script/telediscount/income.php?"
        f"num_a=79039998877&num_m=79037778899&setup_time={SETUP}&api_call_id=c1f926a8f5727b77f9cbf39d8f35d061"
    )
    assert end == (
        "http://my_super_crm.ru/script/telediscount/call_finished.php?num_a=79039998877&num_m=79037778899"
        f"&num_b=SIP/0000000672&setup_time={SETUP}&connection_time=12&waiting_time=5"
        "&api_call_id=c1f926a8f5727b77f9cbf39d8f35d061"
    )


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"answered_at": None, "callee": None, "callee_name": None}, {"num_b", "code_name_num_b", "code_name_num_a"}),
        ({"kind": "outgoing", "callee": "74951234567", "callee_name": "Bank"}, {"num_b", "code_name_num_b"}),
        ({"kind": "internal", "answered_at": None, "callee_name": "Igor"}, {"num_b", "code_name_num_b"}),
        ({"kind": "internal", "did": None}, {"num_m"}),
        ({"caller": ""}, {"num_a"}),
        ({"price": None}, {"price"}),
    ],
    ids=["missed", "to a number", "SIP account that did not answer", "no public number", "withheld", "no price"],
)
def test_what_would_be_null_is_left_out(facts: dict[str, object], missing: set[str]) -> None:
    names = {name for name, _ in wire.end_parameters(the_call(**facts))}

    assert not names & missing
    assert {"setup_time", "connection_time", "waiting_time", "api_call_id"} <= names


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("1.5", "1.50"),
        ("0.0417", "0.0417"),
        ("12", "12.00"),
        ("0", "0.00"),
        ("0.0000", "0.00"),
        ("100.10", "100.10"),
        ("1E+3", "1000.00"),
    ],
)
def test_a_price_is_exact_and_plain(price: str, text: str) -> None:
    assert dict(wire.end_parameters(the_call(price=Decimal(price))))["price"] == text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.ru", "http://a.ru?n=1"),
        ("http://a.ru/", "http://a.ru/?n=1"),
        ("http://a.ru/x?", "http://a.ru/x?n=1"),
        ("http://a.ru/x?y=%2f%2F", "http://a.ru/x?y=%2f%2F&n=1"),
        ("http://a.ru/x?y=1&", "http://a.ru/x?y=1&n=1"),
        ("http://a.ru/x?a[]=1&b=+ю&&c", "http://a.ru/x?a[]=1&b=+ю&&c&n=1"),
        ("http://a.ru/x?q=what?", "http://a.ru/x?q=what?&n=1"),
    ],
)
def test_what_the_url_has_stays_byte_for_byte_before_ours(url: str, expected: str) -> None:
    assert wire.get_url(url, [("n", "1")]) == expected


@given(st.text(st.characters(codec="utf-8")))
def test_any_value_comes_back_as_it_was(value: str) -> None:
    url = wire.get_url("http://a.ru/x", [("name", value)])

    assert url.isascii()
    assert " " not in url
    assert "+" not in url
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == [("name", value)]
