import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.services import block_account
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.kernel.errors import Conflict, Forbidden, NotFound, PortalError, Refused, Unavailable
from portal.telephony import orders
from portal.telephony.engine import CallKind, CallOutcome
from portal.telephony.models import OrderState, SwitchOrder
from portal.telephony.services import hang_up, originate, place_test_call
from tests.people import Cast
from tests.telephony.exchange import (
    CLIENT,
    IGOR,
    LINE,
    OLGA,
    behave,
    engine,
    find_call,
    finished,
    make_calls_cost,
    until,
    wire,
)

STRANGERS_PHONE, STRANGERS_LINE = "SIP/00000000801", "78612223344"


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    wire(app, cast.north)
    wire(app, cast.south, did=STRANGERS_LINE, phones=[STRANGERS_PHONE])
    return cast.north


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which no switch will answer."""
    monkeypatch.setattr(orders, "PATIENCE_SECONDS", 0.2)


def calls_of(app: Flask, account_id: int) -> list[str]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(CallRecord.api_call_id)))


def states_of(app: Flask, account_id: int) -> list[str]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(SwitchOrder.state)))


def test_a_test_call_rings_in_and_is_answered(app: Flask, north: int) -> None:
    with engine(app), app.app_context():
        call_id = place_test_call(north, caller="8 903 999-88-77", did="+7 495 123-45-67")
        call = finished(app, north, call_id)

    assert (call.kind, call.caller, call.did) == (CallKind.INCOMING, CLIENT, LINE)
    assert call.outcome == CallOutcome.ANSWERED
    assert call.callee == OLGA


def test_a_test_call_without_numbers_comes_from_a_contact_or_anybody_to_the_first_line(app: Flask, north: int) -> None:
    with engine(app, known=[CLIENT]), app.app_context():
        calls = [finished(app, north, place_test_call(north)) for _ in range(3)]

    assert {call.did for call in calls} == {LINE}
    assert all(call.caller == CLIENT or call.caller.startswith("7999") for call in calls)


def test_an_ordered_call_rings_the_employee_then_the_client(app: Flask, north: int) -> None:
    with engine(app), app.app_context():
        call = finished(app, north, originate(north, IGOR, "+7 (903) 999-88-70"))

    assert (call.kind, call.caller, call.callee, call.did) == (CallKind.OUTGOING, IGOR, "79039998870", LINE)
    assert call.outcome == CallOutcome.ANSWERED


def test_a_call_between_colleagues_is_internal(app: Flask, north: int) -> None:
    with engine(app), app.app_context():
        call = finished(app, north, originate(north, IGOR, OLGA))

    assert call.kind == CallKind.INTERNAL


def test_the_same_request_again_answers_with_the_first_call(app: Flask, north: int) -> None:
    with engine(app), app.app_context():
        first = originate(north, IGOR, CLIENT, request_id="deal-17")
        finished(app, north, first)
        again = originate(north, IGOR, "8 (903) 999-88-77", request_id="deal-17")
        other = originate(north, IGOR, CLIENT, request_id="deal-18")
        finished(app, north, other)

    assert again == first
    assert sorted(calls_of(app, north)) == sorted([first, other])


def test_the_same_request_twice_at_once_is_one_call(app: Flask, north: int) -> None:
    ids: list[str] = []

    def order() -> None:
        with app.app_context():
            ids.append(originate(north, IGOR, CLIENT, request_id="deal-17"))

    with engine(app):
        threads = [threading.Thread(target=order) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finished(app, north, ids[0])

    assert ids == [ids[0]] * 2
    assert calls_of(app, north) == [ids[0]]


def test_a_request_id_belongs_to_one_call(app: Flask, north: int) -> None:
    with engine(app), app.app_context():
        originate(north, IGOR, CLIENT, request_id="deal-17")
        with pytest.raises(Conflict):
            originate(north, IGOR, "79161112233", request_id="deal-17")


def test_two_companies_may_use_the_same_request_id(app: Flask, north: int, cast: Cast) -> None:
    with engine(app), app.app_context():
        ours = originate(north, IGOR, CLIENT, request_id="1")
        theirs = originate(cast.south, STRANGERS_PHONE, CLIENT, request_id="1")

    assert ours != theirs


def test_without_a_switch_the_order_fails_in_time_and_is_not_carried_out_later(
    app: Flask, north: int, no_patience: None
) -> None:
    with app.app_context(), pytest.raises(Unavailable) as failure:
        originate(north, IGOR, CLIENT)
    assert failure.value.timed_out

    with engine(app), app.app_context():
        pass
    assert states_of(app, north) == [OrderState.EXPIRED]
    assert calls_of(app, north) == []


def test_a_request_that_had_timed_out_can_be_made_again(
    app: Flask, north: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as impatience, app.app_context():
        impatience.setattr(orders, "PATIENCE_SECONDS", 0.2)
        with pytest.raises(Unavailable):
            originate(north, IGOR, CLIENT, request_id="deal-17")

    with engine(app), app.app_context():
        call_id = originate(north, IGOR, CLIENT, request_id="deal-17")
        finished(app, north, call_id)

    assert calls_of(app, north) == [call_id]


def test_a_call_that_goes_on_can_be_hung_up(app: Flask, north: int) -> None:
    behave(app, north, OLGA, "no_answer")
    with engine(app, speed=1), app.app_context():
        call_id = place_test_call(north, caller=CLIENT)
        until(lambda: find_call(app, north, call_id))
        hang_up(north, call_id)
        call = finished(app, north, call_id)

    assert call.outcome == CallOutcome.MISSED


def test_nobody_hangs_up_what_is_not_theirs_or_not_there(app: Flask, north: int, cast: Cast) -> None:
    with engine(app, speed=1), app.app_context():
        call_id = place_test_call(north, caller=CLIENT)
        until(lambda: find_call(app, north, call_id))
        for account_id, named in ((cast.south, call_id), (north, "0" * 32), (north, "nonsense")):
            with pytest.raises(NotFound):
                hang_up(account_id, named)
        found = find_call(app, north, call_id)
        assert found is not None
        assert found.ended_at is None


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (lambda account: originate(account, "74951234567", CLIENT), "caller"),
        (lambda account: originate(account, "", CLIENT), "caller"),
        (lambda account: originate(account, IGOR, "somebody"), "callee"),
        (lambda account: originate(account, IGOR, "123"), "callee"),
        (lambda account: originate(account, IGOR, IGOR), "callee"),
        (lambda account: originate(account, IGOR, CLIENT, request_id=""), "request_id"),
        (lambda account: originate(account, IGOR, CLIENT, request_id="x" * 201), "request_id"),
        (lambda account: originate(account, IGOR, CLIENT, request_id="a\nb"), "request_id"),
        (lambda account: place_test_call(account, caller="nobody"), "caller"),
        (lambda account: place_test_call(account, did="12"), "did"),
    ],
)
def test_wrong_input_is_refused_at_its_field(
    app: Flask, north: int, order: Callable[[int], str], field: str, no_patience: None
) -> None:
    with app.app_context(), pytest.raises(Refused) as refusal:
        order(north)

    assert refusal.value.field == field
    assert states_of(app, north) == []


@pytest.mark.parametrize(
    "order",
    [
        lambda account: originate(account, STRANGERS_PHONE, CLIENT),
        lambda account: originate(account, IGOR, STRANGERS_PHONE),
        lambda account: originate(account, "SIP/99999999999", CLIENT),
        lambda account: place_test_call(account, did=STRANGERS_LINE),
        lambda _account: place_test_call(999_999),
        lambda _account: originate(999_999, IGOR, CLIENT),
    ],
)
def test_what_is_another_companys_looks_like_nothing(
    app: Flask, north: int, order: Callable[[int], str], no_patience: None
) -> None:
    with app.app_context(), pytest.raises(NotFound):
        order(north)

    assert states_of(app, north) == []


def test_without_money_no_paid_call_is_placed(app: Flask, cast: Cast, no_patience: None) -> None:
    wire(app, cast.north, has_money=False)
    make_calls_cost(app, cast.north)

    with app.app_context(), pytest.raises(Forbidden):
        originate(cast.north, IGOR, CLIENT)
    assert states_of(app, cast.north) == []


def test_a_blocked_company_places_no_calls_but_is_called(app: Flask, north: int) -> None:
    with app.app_context(), transaction(north):
        block_account(north)

    with engine(app), app.app_context():
        with pytest.raises(Forbidden):
            originate(north, IGOR, CLIENT)
        assert finished(app, north, place_test_call(north)).outcome == CallOutcome.ANSWERED


def test_a_company_without_a_number_cannot_be_called(app: Flask, cast: Cast, no_patience: None) -> None:
    with app.app_context(), pytest.raises(PortalError) as refusal:
        place_test_call(cast.north)

    assert refusal.value.message
