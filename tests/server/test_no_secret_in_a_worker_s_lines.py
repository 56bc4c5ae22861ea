"""L3 for a worker that is a process of its own: what it sends and cannot send leaves no secret in its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.services import open_account
from portal.app import create_app
from portal.kernel.config import load_settings
from portal.kernel.db import db, transaction
from portal.kernel.mail.models import OutgoingMail
from portal.kernel.mail.outbox import send_mail
from portal.webhooks.models import EventType, WebhookDelivery, WebhookSubscription
from tests.server.processes import PATIENCE_SECONDS, soon
from tests.server.shell import Shell
from tests.support.postgres import free_port
from tests.support.receiver import Answer, Receiver
from tests.web.canaries.stories import CANARY
from tests.webhooks.world import Company

BROKEN = Answer(500, CANARY.encode(), {"X-Why": CANARY})


@pytest.fixture
def settings(new_database: Callable[[], str]) -> dict[str, str]:
    """Every line is written, and nobody takes mail."""
    return {
        "PORTAL_DATABASE_URL": new_database(),
        "PORTAL_SECRET_KEY": "0123456789abcdef" * 4,
        "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8",
        "PORTAL_LOG_LEVEL": "debug",
        "PORTAL_MAIL_URL": f"smtp://cabinet:{CANARY}@127.0.0.1:{free_port()}",
        "PORTAL_MAIL_FROM": "cabinet@portal.example",
    }


@pytest.fixture
def installed(tmp_path: Path, settings: dict[str, str]) -> Iterator[Flask]:
    Shell(tmp_path, **settings)("db", "upgrade")
    app = create_app(load_settings(settings, data=tmp_path), "command")
    yield app
    with app.app_context():
        db.engine.dispose()


def test_no_line_of_a_worker_holds_a_secret(
    installed: Flask, tmp_path: Path, settings: dict[str, str], receiver: Receiver
) -> None:
    receiver.answer(BROKEN)
    account_id = _listening_company(installed, receiver.url)
    log = tmp_path / "worker.log"
    worker = Shell(tmp_path, **settings).start("worker", log)
    try:
        Company(installed, account_id).ends("a" * 32)
        soon(partial(_is_all_tried, installed, account_id))
    finally:
        worker.terminate()
        worker.wait(PATIENCE_SECONDS)

    lines = log.read_text()
    assert "mail_not_taken" in lines
    assert CANARY in receiver.requests[0].target
    assert CANARY not in lines


def _listening_company(app: Flask, receiver: str) -> int:
    """Told at a receiver that answers badly and at one that is not there; a letter waits."""
    with app.app_context():
        account_id = open_account(app.extensions["portal.vault"], "North")
        with transaction(account_id) as session:
            for base in (receiver, f"http://127.0.0.1:{free_port()}"):
                url = f"{base}/crm?token={CANARY}"
                headers = [["X-Key", CANARY, False]]
                session.add(
                    WebhookSubscription(url=url, canonical_url=url, event=EventType.CALL_FINISHED, headers=headers)
                )
            send_mail("anna@north.example", CANARY, f"https://cabinet.example/reset/{CANARY}")
    return account_id


def _is_all_tried(app: Flask, account_id: int) -> bool:
    with app.app_context(), transaction(account_id, writes=False) as session:
        tried = session.scalar(select(func.count(WebhookDelivery.id)).where(WebhookDelivery.attempts > 0))
    with app.app_context(), transaction(everything="tests", writes=False) as session:
        return tried == 2 and bool(session.scalar(select(OutgoingMail.tries)))
