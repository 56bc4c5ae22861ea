"""The plain HTTP lookup on a real receiver: what it answers, how long it may take, and what comes of its troubles."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from portal.kernel.clock import monotonic
from portal.kernel.db import transaction
from portal.kernel.http import Door
from portal.routing.known_rules import set_known_contacts
from portal.routing.lookup import LookupFailed, LookupResult
from portal.routing.lookup.plain_http import HttpLookup, read_answer, url_for_caller
from portal.routing.lookup.state import keep_state, lookup_state
from portal.routing.models import LookupState
from portal.routing.rehearsal import rehearse
from portal.telephony.engine import Presence
from portal.telephony.plan import StepReason
from tests.people import Cast
from tests.routing.office import DID, NOON, STRANGER, Office, furnish, rung
from tests.support.receiver import Answer, Receiver


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def ask_at(office: Office, crm: Receiver, *, budget_ms: int = 3000, path: str = "/owner?phone={number}") -> None:
    with office.app.app_context(), transaction(office.account_id):
        set_known_contacts(
            "first",
            ["lookup"],
            owner_seconds=15,
            last_talk_hours=24,
            budget_ms=budget_ms,
            lookup_url=crm.url + path,
        )


def state(office: Office) -> LookupState | None:
    with office.app.app_context(), transaction(office.account_id, writes=False):
        return lookup_state()


def until_kept(office: Office, result: LookupResult) -> LookupState:
    """What comes late is kept by a thread of its own: waits for that, not for a time."""
    deadline, step = monotonic() + 20, threading.Event()
    while (found := state(office)) is None or found.result != result:
        assert monotonic() < deadline
        step.wait(0.02)
    return found


def until_counted(office: Office, failures: int) -> None:
    """Waits until so many failures are kept."""
    deadline, step = monotonic() + 20, threading.Event()
    while (found := state(office)) is None or found.failures < failures:
        assert monotonic() < deadline
        step.wait(0.02)


def owner(office: Office, caller: str = STRANGER) -> list[list[str]]:
    return rung(office.plan(caller), StepReason.OWNER)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"crm_user": "Ben"}', "Ben"),
        (b'{"sip_account": "SIP/00000000672", "crm_user": "x"}', "SIP/00000000672"),
        (b'"Ben"', "Ben"),
        (b"  Ben \r\nsecond line", "Ben"),
        ("Ольга".encode(), "Ольга"),
        (b"", None),
        (b"null", None),
        (b"{}", None),
        (b'{"crm_user": null}', None),
    ],
)
def test_an_answer_is_json_or_a_line_of_text(body: bytes, name: str | None) -> None:
    named = read_answer(body)

    assert (named.text if named else None) == name


@pytest.mark.parametrize("body", [b"{broken", b"<html>", b"\xff\xfe", b"[1]", b'{"name": 7}', b"[" * 9000, b"x" * 300])
def test_what_is_no_answer_is_a_failure(body: bytes) -> None:
    with pytest.raises(LookupFailed):
        read_answer(body)


def test_the_number_stands_where_the_url_says_or_in_the_query() -> None:
    assert url_for_caller("https://c/{number}/at/{line}", "7903", "7495") == "https://c/7903/at/7495"
    assert url_for_caller("https://c/o?k=1", "7903", "7495") == "https://c/o?k=1&number=7903&line=7495"


def test_a_network_that_is_not_allowed_is_not_asked(crm: Receiver) -> None:
    with pytest.raises(LookupFailed):
        HttpLookup(Door(), crm.url).ask(STRANGER, DID, seconds=1)
    assert crm.requests == []


def test_the_crm_names_whom_the_call_rings_first(office: Office, crm: Receiver) -> None:
    crm.answer(Answer(body=b'{"crm_user": "ben"}'))
    ask_at(office, crm)

    assert owner(office) == [["Ben"]]
    assert [request.target for request in crm.requests] == [f"/owner?phone={STRANGER}"]


def test_an_answer_serves_the_next_calls_also_that_nobody_is_known(office: Office, crm: Receiver) -> None:
    crm.answer(Answer(body=b"SIP/00000000673"))
    ask_at(office, crm)
    assert owner(office) == [["Cat"]]
    until_kept(office, LookupResult.FOUND)
    crm.answer(Answer(status=404))
    assert owner(office, "79030000002") == []
    until_kept(office, LookupResult.NOBODY)

    assert [owner(office), owner(office, "79030000002")] == [[["Cat"]], []]
    assert len(crm.requests) == 2


def test_a_late_answer_delays_no_call_beyond_the_budget_and_serves_the_next(office: Office, crm: Receiver) -> None:
    crm.answer(Answer(body=b"Ben", delay_seconds=1.5))
    ask_at(office, crm, budget_ms=300)

    assert owner(office) == []
    assert until_kept(office, LookupResult.LATE).took_ms >= 1500
    assert owner(office) == [["Ben"]]
    assert len(crm.requests) == 1


def test_failures_are_counted_until_the_crm_answers_however_far_they_lie_apart(office: Office) -> None:
    kept, opened = [], []
    for minute, result in enumerate([*[LookupResult.FAILED] * 6, LookupResult.LATE, LookupResult.FAILED]):
        at = NOON + timedelta(minutes=minute)
        with office.app.app_context(), transaction(office.account_id):
            keep_state(result, "", 10, at)
        found = state(office)
        assert found is not None
        kept.append((found.failures, found.failing_since))
        opened.append(found.open_until)

    first, last = NOON, NOON + timedelta(minutes=7)
    assert kept == [*((number, first) for number in range(1, 7)), (0, None), (1, last)]
    assert set(opened) == {None}, "so far apart it is no storm"


def test_the_fifth_failure_in_a_row_opens_the_breaker_when_it_follows_closely(office: Office) -> None:
    for second in (0, 60, 120, 180, 190):
        with office.app.app_context(), transaction(office.account_id):
            keep_state(LookupResult.FAILED, "", 10, NOON + timedelta(seconds=second))

    found = state(office)
    assert found is not None
    assert found.open_until == NOON + timedelta(seconds=250)


def test_a_crm_that_fails_again_and_again_is_left_alone(office: Office, crm: Receiver) -> None:
    crm.answer(Answer(status=500))
    ask_at(office, crm)
    for number in range(7):
        assert owner(office, f"7903000000{number}") == []
        # A question is under way until its answer is kept, and of a company only four are.
        until_counted(office, min(number + 1, 5))

    found = state(office)
    assert found is not None
    assert found.open_until is not None
    assert len(crm.requests) == 5


def test_somebody_who_is_no_crm_user_here_is_nobody(office: Office, crm: Receiver) -> None:
    crm.answer(Answer(body=b"Somebody Else"))
    ask_at(office, crm)

    assert owner(office) == []
    assert until_kept(office, LookupResult.STRANGER).detail == "Somebody Else"


def test_a_rehearsal_says_whether_the_crm_was_asked_or_its_answer_was_kept(office: Office, crm: Receiver) -> None:
    crm.answer(Answer(body=b"Ben"))
    ask_at(office, crm)
    presence = dict.fromkeys(office.address.values(), Presence.ONLINE)

    first = rehearse(office.app, office.account_id, STRANGER, DID, presence, NOON)
    until_kept(office, LookupResult.FOUND)
    second = rehearse(office.app, office.account_id, STRANGER, DID, presence, NOON)

    assert [each.facts.askings[0].is_cached for each in (first, second)] == [False, True]
    assert [each.call.legs[1].label for each in (first, second)] == ["Ben", "Ben"]


def test_one_accounts_crm_answers_nothing_about_anothers_callers(
    app: Flask, cast: Cast, office: Office, crm: Receiver
) -> None:
    crm.answer(Answer(body=b"SIP/00000000671"))
    ask_at(office, crm)
    south = furnish(app, cast.south, "Zoe")
    south.receive("Zoe")
    assert owner(office) == [["Ann"]]
    until_kept(office, LookupResult.FOUND)

    assert owner(south) == []
    assert state(south) is None


@pytest.mark.parametrize("caller", ["", "anonymous", "7903&line=1", "7" * 40])
def test_a_caller_that_is_no_number_is_asked_about_nowhere(office: Office, crm: Receiver, caller: str) -> None:
    ask_at(office, crm)

    assert owner(office, caller) == []
    assert crm.requests == []
