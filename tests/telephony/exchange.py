"""A running engine on the tests' database, and what people do with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.billing.services import credit
from portal.calls.journal import Journal
from portal.calls.models import CallRecord
from portal.contacts.models import CrmUser
from portal.kernel.clock import monotonic
from portal.kernel.db import transaction
from portal.recordings.sink import Sink
from portal.routing.planner import Planner
from portal.routing.services import set_receivers
from portal.telephony.control import incoming
from portal.telephony.engine import CallKind
from portal.telephony.lines import add_did, add_sip_line
from portal.telephony.queries import find_sip_line
from portal.telephony.runner import EngineProcess
from portal.telephony.sandbox_lines import set_sandbox_phone
from portal.telephony.switch_life import SwitchJournal, last_sign_of_life
from tests.billing.prices import give, make_tariff, rate
from tests.telephony.fast_time import FastTimeline

T = TypeVar("T")
OLGA, IGOR = "SIP/00000000672", "SIP/00000000674"
LINE = "74951234567"
CLIENT = "79039998877"
PATIENCE = 20.0


def wire(
    app: Flask, account_id: int, *, did: str = LINE, phones: Sequence[str] = (OLGA, IGOR), has_money: bool = True
) -> None:
    """Gives an account a public number, SIP accounts, CRM users who take calls of new contacts, and some money."""
    with app.app_context(), transaction(account_id) as session:
        add_did(did)
        for name in phones:
            line = add_sip_line(name)
            session.add(CrmUser(name=f"User {name[-3:]}", sip_line_id=line.id))
        session.flush()
        set_receivers(list(session.scalars(select(CrmUser.id).order_by(CrmUser.id))))
        if has_money:
            credit(Decimal(100), source="1", text="A payment")


def make_calls_cost(app: Flask, account_id: int) -> None:
    """From now on the account pays for what it dials: without a tariff nothing costs anything."""
    give(app, account_id, make_tariff(app, [rate(CallKind.OUTGOING, "", "2")]))


def behave(app: Flask, account_id: int, address: str, behaviour: str, after: tuple[int, int] = (2, 2)) -> None:
    """From now on the phone does this."""
    with app.app_context(), transaction(account_id):
        line = find_sip_line(address)
        assert line is not None
        set_sandbox_phone(line.id, behaviour, after)


@contextmanager
def engine(
    app: Flask, journal: SwitchJournal | None = None, *, speed: float = 40.0, known: Sequence[str] = ()
) -> Iterator[None]:
    """An engine runs meanwhile, in time that flies. A plan has its real time: the database does not fly."""
    stop = threading.Event()
    failures: list[Exception] = []
    process = EngineProcess(
        app,
        planner=Planner(app),
        journal=journal or Journal(app),
        sink=Sink(app),
        known_callers=lambda _account_id: known,
        timeline=FastTimeline(speed),
    )

    def run() -> None:
        try:
            process.run(stop)
        except Exception as error:  # noqa: BLE001 - the test must see it, whatever it is
            failures.append(error)

    thread = threading.Thread(target=run, name="engine of a test")
    before = last_life(app)
    with patch.object(incoming, "ROUTING_LIMIT", incoming.ROUTING_LIMIT * speed):
        thread.start()
        try:
            until(lambda: failures or last_life(app) != before)
            yield
        finally:
            stop.set()
            thread.join()
    assert not failures, failures


def last_life(app: Flask) -> datetime | None:
    """When the engine last said that it lives."""
    with app.app_context():
        return last_sign_of_life(app.extensions["portal.settings"].switch)


def until(look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = monotonic() + PATIENCE
    step = threading.Event()
    while True:
        found = look()
        if found:
            return found
        assert monotonic() < deadline, f"not found in {PATIENCE} seconds"
        step.wait(0.02)


def find_call(app: Flask, account_id: int, api_call_id: str) -> CallRecord | None:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.scalar(
            select(CallRecord).where(CallRecord.api_call_id == api_call_id).options(selectinload(CallRecord.legs))
        )


def finished(app: Flask, account_id: int, api_call_id: str) -> CallRecord:
    """The call, once it is over."""

    def look() -> CallRecord | None:
        call = find_call(app, account_id, api_call_id)
        return call if call is not None and call.ended_at is not None else None

    return until(look)
