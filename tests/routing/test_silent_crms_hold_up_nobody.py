"""An Asterisk's calls are planned while the CRMs of several companies keep silent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from flask import Flask

from portal.accounts.services import open_account
from portal.kernel.clock import monotonic, now
from portal.kernel.db import transaction
from portal.routing.known_rules import set_known_contacts
from portal.routing.lookup import LookupDesk
from portal.routing.planner import Planner
from portal.telephony.asterisk_lines import LinesOfSwitch
from portal.telephony.asterisk_reception import Desk
from portal.telephony.engine import PLANS_AT_ONCE, IncomingCall
from portal.telephony.engines.asterisk.presence import PhoneBoard
from portal.telephony.plan import RoutePlan
from tests.routing.office import DID
from tests.support.receiver import Answer, Receiver

BUDGET, NOISE = 0.7, 1.0
"""Seconds; a busy machine may take a second away, what is waited for in vain takes four."""
COMPANIES, CALLS = 6, 5


@contextmanager
def reception(app: Flask) -> Iterator[Desk]:
    lines = LinesOfSwitch("main")
    desk = Desk(app, "main", lines, PhoneBoard(lines, lambda *_: None), Planner(app), now)
    try:
        yield desk
    finally:
        desk.stop()


def company(app: Flask, number: int, url: str) -> int:
    account_id = open_account(app.extensions["portal.vault"], f"Company {number}")
    with transaction(account_id):
        budget_ms = round(BUDGET * 1000)
        set_known_contacts(
            "first", ["lookup"], owner_seconds=15, last_talk_hours=24, budget_ms=budget_ms, lookup_url=url
        )
    return account_id


def test_no_call_waits_longer_than_the_budget_whosever_crm_keeps_silent(app: Flask) -> None:
    is_over, all_planned = threading.Event(), threading.Event()
    took: list[float] = []

    def ring(desk: Desk, call: IncomingCall) -> None:
        asked_at = monotonic()

        def done(_plan: RoutePlan) -> None:
            took.append(monotonic() - asked_at)
            if len(took) == COMPANIES * CALLS:
                all_planned.set()

        desk.route(call, done)

    with Receiver() as crm, app.app_context(), reception(app) as desk:
        crm.answer(Answer(when=is_over))
        accounts = [company(app, number, crm.url) for number in range(COMPANIES)]
        Planner(app).prepare(accounts)
        for number in range(COMPANIES * CALLS):
            account_id = accounts[number % COMPANIES]
            ring(desk, IncomingCall(account_id, f"{number:032x}", f"7903{number:07}", DID, now()))
        assert all_planned.wait(60)
        is_over.set()
    assert max(took) < BUDGET + NOISE
    # Four of each company's calls have asked, and waited for an answer; the fifth found its CRM crowded.
    assert sum(each >= BUDGET for each in took) == COMPANIES * 4


def test_questions_to_crms_leave_threads_for_those_who_need_not_ask(app: Flask) -> None:
    is_over = threading.Event()

    class Silent:
        def ask(self, _number: str, _did: str, *, seconds: float) -> None:
            is_over.wait(seconds)

    with app.app_context(), closing(LookupDesk(app)) as desk:
        accounts = [open_account(app.extensions["portal.vault"], f"Company {each}") for each in range(PLANS_AT_ONCE)]
        answers = [desk.ask(each, Silent(), "79030000001", DID, seconds=0) for each in accounts]
        is_over.set()
    assert sum(answer.result == "crowded" for answer in answers) == 8
