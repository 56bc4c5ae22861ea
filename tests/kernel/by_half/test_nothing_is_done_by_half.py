"""B2: whichever statement of a service fails, its commit included, all is as it was or all is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.kernel.by_half import calls, doors, money, people, reach, work
from tests.kernel.by_half.services import services, told
from tests.kernel.by_half.world import Act, World
from tests.people import Cast
from tests.support.failing import leaves_old_or_new

STORIES: tuple[Callable[[World], Iterator[Act]], ...] = (
    people.users,
    people.company,
    people.entrance,
    people.keys,
    people.questions,
    people.offers,
    calls.phones,
    calls.contacts,
    calls.routing,
    calls.hooks,
    calls.crm,
    calls.log,
    money.papers,
    money.card,
    doors.factors,
    doors.passwords,
    work.missed_calls,
    work.remarks,
    work.files,
    work.books,
    work.records,
    reach.provider_link,
    reach.deliveries,
    reach.crm_people_come,
    reach.taken_back,
    reach.calls_of_the_crm,
    money.tariffs,
)
LEFT_OUT = {
    "accounts/factors/changes.py:add_passkey": "needs what a browser answers: the journey of passkeys makes one",
    "accounts/own.py:change_password": "notes the guess before, in a transaction of its own, on purpose",
    "accounts/signing_in.py:sign_in": "the same",
    "accounts/signing_in.py:finish_sign_in": "ends the half session, then opens by `open_for`, which has a story",
    "accounts/visits/services.py:note_end": "a part of `end_visit`, which has a story",
    "admin/installation/views.py:discard_mail": "a view: one act of `kernel/mail` in the request's transaction",
    "admin/installation/views.py:send_mail_now": "the same",
    "admin/installation/views.py:send_test_mail": "the same",
    "invoicing/papers/issuing.py:issue": "a part of `order_bill`, which has a story, and of `close_month`",
    "recordings/retention.py:delete_old": "a job of many short transactions, each of them whole: tests/recordings",
    "telephony/services.py:hang_up": "waits for the switch between an order and its answer: tests/public_api",
    "telephony/services.py:originate": "the same",
    "telephony/services.py:place_test_call": "the same",
    "webhooks/sending/health.py:note": "a part of what the sender notes of its tries: test_failing_webhooks.py",
    "webhooks/services.py:set_state": "a part of pausing, resuming and removing, which have stories",
}
"""Services without a story, and why."""


def test_every_service_has_its_story_or_its_reason(app: Flask) -> None:
    without = services() - told()

    assert len(services()) > 150
    assert not without - set(LEFT_OUT), "tell how it is done, so that it is broken at every place"
    assert not set(LEFT_OUT) - without, "it has its story now"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_failing_statement_leaves_old_or_new(app: Flask, cast: Cast, story: Callable[[World], Iterator[Act]]) -> None:
    for act in story(World(app, cast)):
        leaves_old_or_new(app, act)
