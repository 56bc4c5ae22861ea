"""A worker's steps one by one, on a clock of the test's own: claim, and note what is said to have come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from flask import Flask
from sqlalchemy import Connection

from portal.kernel.clock import now
from portal.kernel.config import Settings
from portal.kernel.db import transaction
from portal.kernel.steady import SteadyConnection
from portal.webhooks.sending import queue
from portal.webhooks.sending.breaker import IN_A_ROW
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.completion import complete, complete_plain
from portal.webhooks.sending.finished import Exchanged, Finished
from portal.webhooks.sending.queue import Caps
from portal.webhooks.sending.schedule import verdict_on
from tests.webhooks.world import Company

T = TypeVar("T")
HANDS = "by_hand."
"""The worker whose claims these are."""
NO_CAPS = Caps(per_webhook=100, per_account=1000, suspects=1000)


def seeing_all(app: Flask, act: Callable[[Connection], T], *, is_whole: bool = False) -> T:
    """As the worker does it, who needs no whole transactions."""
    with app.app_context():
        steady = SteadyConnection(everything="webhook dispatch", is_whole=is_whole)
        try:
            with steady.transaction() as connection:
                return act(connection)
        finally:
            steady.close()


def claim(
    app: Flask,
    number: int = 100,
    *,
    caps: Caps = NO_CAPS,
    at: datetime | None = None,
    landed: Sequence[int] = (),
) -> list[ClaimedDelivery]:
    settings: Settings = app.extensions["portal.settings"]
    return seeing_all(
        app,
        lambda connection: queue.claim(
            connection, number, caps, now=at or now(), is_sqlite=settings.is_embedded, worker=HANDS, landed=landed
        ),
    )


def finished(
    delivery: ClaimedDelivery, status: int = 200, *, at: datetime | None = None, line: str = "GET / HTTP/1.1"
) -> Finished:
    moment = at or now()
    exchanged = Exchanged(
        started_at=moment,
        ended_at=moment,
        request_line=line,
        request_headers=[],
        status=status,
        failure=None,
        failure_text=None,
        response_headers=[],
        response_body="",
        is_cut=False,
        peer="127.0.0.1:80",
        phases={},
    )
    return Finished(delivery, exchanged, verdict_on(status), None)


def note(app: Flask, *notes: Finished) -> list[Finished]:
    """As the worker does it; answers those of the tries noted that may have changed their webhook, too."""
    settings: Settings = app.extensions["portal.settings"]
    others = seeing_all(app, lambda connection: complete_plain(connection, notes, is_sqlite=settings.is_embedded))
    with app.app_context(), transaction(everything="webhook dispatch") as session:
        return complete(session, others)


def fails_steadily(app: Flask, north: Company, calls: int = IN_A_ROW) -> datetime:
    """So many calls end, the notice of each is tried once, and comes to nothing; answers when that was."""
    for number in range(calls):
        north.ends(f"{number:032x}")
    at = now()
    tried = claim(app, at=at)
    while tried:
        note(app, *(finished(each, 500, at=at) for each in tried))
        tried = claim(app, at=at)
    return at
