"""Two workers are told of the end of the same call at once: it is charged once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from portal.billing.charging import on_call_ending
from portal.billing.models import EntryKind, LedgerEntry
from portal.billing.queries import header
from portal.billing.regular.books import read_books
from portal.calls.events import CallEnding
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from tests.billing.prices import give, make_tariff, rate
from tests.calls.factory import Story, tell, tell_whole
from tests.people import Cast

WORKERS = 4


def all_at_once(run: Callable[[], object]) -> list[BaseException]:
    barrier = threading.Barrier(WORKERS)
    failed: list[BaseException] = []

    def work() -> None:
        barrier.wait()
        try:
            run()
        except Exception as error:  # noqa: BLE001 -- a thread has no other way to tell
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def charges(app: Flask, cast: Cast) -> list[Decimal]:
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert read_books(whole=True).agree
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CALL)).all()
        assert header().balance == sum((entry.amount for entry in entries), Decimal(0))
        return [entry.amount for entry in entries]


def test_told_by_engines(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [rate("incoming", "", "2")]))
    story = Story(cast.north, talked=60)
    tell(app, story.started())

    assert all_at_once(lambda: tell_whole(app, story)) == []
    assert charges(app, cast) == [Decimal(-2)]


def test_charged_past_the_journal(app: Flask, cast: Cast) -> None:
    story = Story(cast.north, talked=60)
    tell_whole(app, story)
    give(app, cast.north, make_tariff(app, [rate("incoming", "", "2")]))

    def charge() -> None:
        with app.app_context(), transaction(cast.north) as session:
            call = session.scalars(select(CallRecord)).one()
            call.price = None
            on_call_ending(CallEnding(call))

    assert all_at_once(charge) == []
    assert charges(app, cast) == [Decimal(-2)]
