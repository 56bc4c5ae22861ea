"""Trouble with a provider: named, waited out, and what was missed is asked for."""

import json
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from flask import Flask
from sqlalchemy import update

from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.telephony.engine import CallOutcome
from portal.telephony.provider.duties import Duties
from portal.telephony.provider.models import ProviderCall, ProviderLink
from tests.telephony.provider.conftest import link_of
from tests.telephony.provider.server import Provider, call
from tests.telephony.provider.test_a_provider_that_misbehaves import answering
from tests.telephony.provider.ways import ONE, THREE, TWO, calls, do, start_notice


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(401, "key-refused"), (403, "forbidden"), (404, "nonsense"), (429, "too-many"), (500, "fault"), (302, "nonsense")],
)
def test_trouble_is_named_and_ends_with_the_next_good_answer(
    app: Flask, north: int, provider: Provider, duties: Duties, status: int, trouble: str
) -> None:
    provider.calls.append(call(ONE))
    do(app, duties, "ask")
    before = link_of(app, north).good_at
    provider.status = {"get_calls": status}
    do(app, duties, "ask")

    link = link_of(app, north)
    assert (link.trouble, link.failures, link.good_at) == (trouble, 1, before)
    assert link.resting_until is not None
    assert len(calls(app, north)) == 1

    provider.status = {}
    do(app, duties, "ask")
    assert (link_of(app, north).trouble, link_of(app, north).resting_until) == ("", None)


def test_a_provider_that_fails_again_and_again_is_asked_ever_more_seldom(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.status = {"get_calls": 500}
    rests = []
    for _failure in range(4):
        do(app, duties, "ask")
        link = link_of(app, north)
        assert link.resting_until is not None
        assert link.failed_at is not None
        rests.append((link.resting_until - link.failed_at).total_seconds())

    assert rests == [5, 10, 20, 40]


def test_after_an_outage_of_days_what_was_missed_is_asked_for(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    with app.app_context(), transaction(north) as session:
        long_ago = now() - timedelta(days=3)
        session.execute(update(ProviderLink).values(good_at=long_ago, reconciled_at=long_ago))
    provider.calls.append(call(ONE, setup_time=int(time.time()) - 2 * 86_400))
    do(app, duties, "reconcile")

    assert [each.api_call_id for each in calls(app, north)] == [ONE]


def test_the_end_that_nobody_told_is_asked_for(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    said = call(ONE, setup_time=int(time.time()) - 3000)
    start_notice(app, north, said)
    do(app, duties, "hear")
    provider.calls.append(said)
    do(app, duties, "reconcile")

    assert calls(app, north)[0].talk_seconds == 30


def test_a_provider_that_tells_the_oldest_first_is_heard_to_the_end(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.tells_oldest_first, provider.page_size = True, 2
    ago = {ONE: 300, TWO: 40 * 86_400, THREE: 41 * 86_400}
    provider.calls = [call(each, setup_time=int(time.time()) - seconds) for each, seconds in ago.items()]
    do(app, duties, "ask")

    assert [each.api_call_id for each in calls(app, north)] == [ONE]


def test_a_page_out_of_order_ends_no_list(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    ago = {ONE: 60, TWO: 40 * 86_400, THREE: 120}
    told = [call(each, setup_time=int(time.time()) - seconds) for each, seconds in ago.items()]
    pages = [told[:2], told[2:]]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        page = pages.pop(0)
        body = json.dumps(page).encode()
        link = {"Link": f'<{provider.url}/api.php/telephony/get_calls?cursor=2>; rel="next"'} if pages else {}
        answering([body], len(body), **link)(handler)

    provider.answer = answer
    do(app, duties, "ask")

    assert [each.api_call_id for each in calls(app, north)] == [THREE, ONE]


def test_a_call_that_is_told_as_going_on_for_days_is_closed_until_its_end_is_told(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    began = int(time.time()) - 86_400 + 60
    provider.calls = [call(ONE, setup_time=began, connection_time=None)]
    do(app, duties, "reconcile")
    assert calls(app, north)[0].ended_at is None, "it may still go on"

    with app.app_context(), transaction(north) as session:
        session.execute(update(ProviderCall).values(started_at=now() - timedelta(days=1, minutes=5)))
    do(app, duties, "reconcile")
    assert calls(app, north)[0].outcome == CallOutcome.INTERRUPTED

    provider.calls[0]["connection_time"] = 30
    do(app, duties, "reconcile")
    (found,) = calls(app, north)
    assert (found.outcome, found.talk_seconds) == (CallOutcome.ANSWERED, 30)


def test_a_call_that_the_provider_forgot_is_closed_as_interrupted(app: Flask, north: int, duties: Duties) -> None:
    start_notice(app, north, call(ONE, setup_time=int(time.time()) - 5 * 3600))
    do(app, duties, "hear", "reconcile")

    (found,) = calls(app, north)
    assert found.outcome == CallOutcome.INTERRUPTED
    assert found.ended_at == found.started_at
