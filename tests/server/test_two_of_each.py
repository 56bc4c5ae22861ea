"""Two web and two worker machines on one database: one of each is killed under load, nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from portal.accounts.api_keys import reveal_api_key
from portal.accounts.services import open_account
from portal.app import create_app
from portal.calls.models import CallRecord
from portal.kernel.config import load_settings
from portal.kernel.db import db, transaction
from portal.telephony.lines import add_did, add_sip_line
from portal.webhooks.models import EventType, WebhookSubscription
from tests.server.processes import PATIENCE_SECONDS, soon, tree
from tests.server.shell import Shell
from tests.support.postgres import free_port
from tests.support.receiver import Receiver

CALLS, WEB_DIES, WORKER_DIES = 16, 5, 9


class Machines:
    """Two of each, and an engine; all but their ports is the same."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._settings = {
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_SECRET_KEY": "0123456789abcdef" * 4,
            "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8",
            "PORTAL_WEB_THREADS": "8",
        }
        self._folder = folder
        Shell(folder, **self._settings)("db", "upgrade")
        self.app = create_app(load_settings(self._settings, data=folder), "command")
        self.ports = [free_port(), free_port()]

    def start(self, part: str, **settings: str) -> subprocess.Popen[str]:
        """One process tree."""
        return Shell(self._folder, **self._settings, **settings).start(part)


@pytest.fixture
def machines(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[Machines]:
    """An installation that has its tables, and runs nowhere yet."""
    made = Machines(tmp_path, new_database())
    yield made
    with made.app.app_context():
        db.engine.dispose()


def test_one_web_and_one_worker_may_die_under_load(machines: Machines, receiver: Receiver) -> None:
    account_id, key = _company(machines, receiver)
    with ExitStack() as stack:
        webs = [stack.enter_context(_running(machines.start("web", PORTAL_PORT=str(port)))) for port in machines.ports]
        workers = [stack.enter_context(_running(machines.start("worker"))) for _each in range(2)]
        stack.enter_context(_running(machines.start("engine")))
        for port in machines.ports:
            soon(partial(_is_ready, port))
        for number in range(CALLS):
            if number == WEB_DIES:
                _power_cut(webs[0])
            if number == WORKER_DIES:
                _power_cut(workers[0])
            _order_until_taken(machines, key, number)

        soon(lambda: len(_told(receiver)) == CALLS)

    with machines.app.app_context(), transaction(account_id, writes=False) as session:
        assert session.scalar(select(func.count(CallRecord.id))) == CALLS
    assert sorted(_told(receiver).values()) == sorted({*_told(receiver).values()}), "a notice of each call, and one"


def _company(machines: Machines, receiver: Receiver) -> tuple[int, str]:
    """With a phone for each call, and a webhook for its beginning."""
    with machines.app.app_context():
        vault = machines.app.extensions["portal.vault"]
        account_id = open_account(vault, "North")
        with transaction(account_id) as session:
            add_did("74951234567")
            for number in range(CALLS):
                add_sip_line(f"{number:011}")
            url = f"{receiver.url}/crm"
            session.add(WebhookSubscription(url=url, canonical_url=url, event=EventType.OUTGOING_STARTED))
            return account_id, reveal_api_key(vault)


def _order_until_taken(machines: Machines, key: str, number: int) -> None:
    """As a CRM does that has two addresses and a request of its own: once more at the other, by the same name."""
    path = f"/api.php/telephony/outcome?num_a=SIP/{number:011}&num_b=79039998877&request_id=r{number}&abonent_api_key="

    def order() -> bool:
        return any(_answer(port, path + key) == 200 for port in machines.ports)

    soon(order)


def _is_ready(port: int) -> bool:
    return _answer(port, "/readyz") == 200


def _answer(port: int, path: str) -> int:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS).status_code
    except requests.RequestException:
        return 0


def _told(receiver: Receiver) -> dict[str, str]:
    """The call of each notice by the notice's id: a repeat after a power cut has the id of the first."""
    return {str(each.headers["webhook-id"]): dict(each.parameters)["api_call_id"] for each in receiver.requests}


def _power_cut(process: subprocess.Popen[str]) -> None:
    for each in [process.pid, *tree(process.pid)]:
        os.kill(each, signal.SIGKILL)
    process.wait(PATIENCE_SECONDS)


class _running:  # noqa: N801 -- reads as a verb
    """Ends a process tree that was started here, if it has not ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __enter__(self) -> subprocess.Popen[str]:
        return self._process

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)
