"""The guide's commands for copies, on an installation that works meanwhile: what comes back is that installation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from portal.accounts.api_keys import reveal_api_key
from portal.accounts.services import open_account
from portal.app import create_app
from portal.billing.models import LedgerEntry
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.config import load_settings
from portal.kernel.db import db, transaction
from portal.recordings.models import Recording
from portal.webhooks.models import DeliveryState, EventType, WebhookDelivery, WebhookSubscription
from tests.billing.prices import give, make_tariff, rate
from tests.calls.factory import Story, tell_whole
from tests.recordings.factory import tell_recorded
from tests.server.machine import Machine, chapter
from tests.server.processes import PATIENCE_SECONDS, soon
from tests.support.receiver import Answer, Receiver

BEFORE, AFTER, EACH_RECORDED = 20, 10, 5
BACK_UP, PUT_BACK, ELSEWHERE = (text for _language, text in chapter("Copies"))


@pytest.fixture
def machine(tmp_path: Path, new_database: Callable[[], str], is_postgresql: bool) -> Iterator[Callable[[str], Machine]]:
    """Sets up a machine that runs nothing; copies of all machines lie in one folder."""
    machines: list[Machine] = []

    def make(name: str) -> Machine:
        settings = {"PORTAL_ENGINE": "sandbox", "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8", "PORTAL_WEB_PROCESSES": "1"}
        # The guide's installation is embedded, until its chapter on PostgreSQL.
        database = {"PORTAL_DATABASE_URL": new_database()} if is_postgresql else {}
        made = Machine(tmp_path / name, tmp_path / "backups", **settings, **database)
        made.set_up()
        machines.append(made)
        return made

    yield make
    for each in machines:
        each.stop()


def test_it_comes_back_elsewhere_as_it_was_at_one_moment(
    machine: Callable[[str], Machine], receiver: Receiver, tmp_path: Path
) -> None:
    first, second = machine("first"), machine("second")
    first.start()
    with _app(first) as app:
        account_id, key = _company(app, receiver)
        _copy_in_the_midst_of_calls(app, first, receiver, account_id, tmp_path)
        original = _state(app, account_id)
    sent_by_first = {str(each.headers["webhook-id"]) for each in receiver.requests}
    first.stop()
    receiver.forget()

    second.type(_of_today(ELSEWHERE, second))

    with _app(second) as app:
        copy = _state(app, account_id)
        _is_the_past_of(copy, original)
        with app.app_context(), transaction(account_id, writes=False):
            assert reveal_api_key(app.extensions["portal.vault"]) == key
        soon(lambda: _calls_by_the_api(second, key) == copy["calls"])
        assert receiver.requests == [], "its pages are open, and it sends nothing"

        second.type("systemctl start portal@worker portal@engine")
        last = tell_whole(app, Story(account_id, started_at=now()))
        soon(lambda: last.api_call_id in {_call(each) for each in receiver.requests})
        soon(lambda: not _state(app, account_id)["waiting"])

    waited, still_up = copy["waiting"], copy["calls"] - copy["ended calls"].keys()
    sent = {str(each.headers["webhook-id"]): _call(each) for each in receiver.requests}
    assert waited, "some were on their way"
    assert waited <= sent.keys()
    assert {call for webhook_id, call in sent.items() if webhook_id not in waited} <= {last.api_call_id, *still_up}, (
        "what had been sent by then stays sent"
    )
    assert {webhook_id for webhook_id, call in sent.items() if call not in still_up} & sent_by_first <= waited


def _copy_in_the_midst_of_calls(
    app: Flask, machine: Machine, receiver: Receiver, account_id: int, folder: Path
) -> None:
    """Calls are told before, during and after it, and notices are on their way; at the end all have arrived."""
    receiver.answer(Answer(delay_seconds=0.5))
    with _traffic(app, account_id, folder) as told:
        soon(lambda: len(told) >= BEFORE)
        machine.type(BACK_UP)
        at_copy = len(told)
        soon(lambda: len(told) >= at_copy + AFTER)
    receiver.answer(Answer())
    soon(lambda: len({_call(each) for each in receiver.requests}) == len(told))


def _is_the_past_of(copy: dict[str, Any], original: dict[str, Any]) -> None:
    assert 0 < len(copy["calls"]) < len(original["calls"]), "it was made in the midst of calls"
    for kind in ("ended calls", "postings", "records"):
        assert copy[kind], kind
        assert copy[kind].items() <= original[kind].items(), kind
    assert len(copy["postings"]) == len(copy["ended calls"])


def test_it_comes_back_over_what_is_there_once_it_has_stopped(machine: Callable[[str], Machine]) -> None:
    here = machine("here")
    here.start()
    here.type("portal account add North")
    here.type(BACK_UP)
    here.type("portal account add South")
    restore = PUT_BACK.splitlines()[1]

    for part in ("engine", "worker", "web"):
        with pytest.raises(AssertionError, match="The installation runs: end it first"):
            here.type(_of_today(restore, here))
        here.stop(part)
    here.type(_of_today(PUT_BACK, here))

    assert here.type("portal account list").split("\n") == ["1\tNorth\tactive", ""]
    soon(lambda: _answers(f"http://127.0.0.1:{here.port}/readyz"))


@contextmanager
def _app(machine: Machine) -> Iterator[Flask]:
    """The test's own hand in an installation."""
    settings = machine.environment()
    app = create_app(load_settings(settings), "command")
    yield app
    app.extensions["portal.http"].close()
    with app.app_context():
        db.engine.dispose()


def _company(app: Flask, receiver: Receiver) -> tuple[int, str]:
    """One that pays for calls, and is told of the end of each."""
    with app.app_context():
        vault = app.extensions["portal.vault"]
        account_id = open_account(vault, "North")
        with transaction(account_id) as session:
            url = f"{receiver.url}/crm"
            session.add(WebhookSubscription(url=url, canonical_url=url, event=EventType.CALL_FINISHED))
            key = reveal_api_key(vault)
    give(app, account_id, make_tariff(app, [rate("incoming", "", "1.5")]))
    return account_id, key


@contextmanager
def _traffic(app: Flask, account_id: int, folder: Path) -> Iterator[list[str]]:
    """Calls begin and end as an engine tells them, some with a record, until the block is left; gives those told."""
    told: list[str] = []
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            story = Story(account_id, started_at=now(), is_recorded=len(told) % EACH_RECORDED == 0)
            if story.is_recorded:
                tell_recorded(app, story, folder, seconds=0.1)
            else:
                tell_whole(app, story)
            told.append(story.api_call_id)
            stop.wait(0.05)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join()


def _state(app: Flask, account_id: int) -> dict[str, Any]:
    """What an installation holds of the company, in words that two installations can be compared by."""
    with app.app_context(), transaction(account_id, writes=False) as session:
        calls = session.scalars(select(CallRecord)).all()
        store = app.extensions["portal.storage"]
        waiting = WebhookDelivery.state.in_((DeliveryState.WAITING, DeliveryState.SENDING))
        return {
            "calls": {call.api_call_id for call in calls},
            "ended calls": {call.api_call_id: (call.ended_at, call.price) for call in calls if call.ended_at},
            "postings": {each.id: (each.kind, each.amount) for each in session.scalars(select(LedgerEntry))},
            "records": {
                each.blob: b"".join(store.chunks(each.blob)) for each in session.scalars(select(Recording)) if each.blob
            },
            "waiting": set(session.scalars(select(WebhookDelivery.public_id).where(waiting))),
        }


def _of_today(commands: str, machine: Machine) -> str:
    """The guide's commands with the name of the copy that was made."""
    [copy] = (machine.at("/var/backups") / "portal").glob("*.tar")
    return commands.replace("2027-01-31", copy.stem)


def _calls_by_the_api(machine: Machine, key: str) -> set[str] | None:
    try:
        answer = requests.get(
            f"http://127.0.0.1:{machine.port}/api.php/telephony/get_calls",
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE_SECONDS,
        )
    except requests.ConnectionError:
        return None
    return {call["api_call_id"] for call in answer.json()}


def _call(notice: Any) -> str:
    return dict(notice.parameters)["api_call_id"]


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=PATIENCE_SECONDS).status_code == 200
    except requests.ConnectionError:
        return False
