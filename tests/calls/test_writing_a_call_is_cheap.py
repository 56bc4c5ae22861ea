"""What a call costs to write, counted: callers, the engine's scribe and SQLite's other writers wait for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from portal.calls.journal import Journal
from portal.kernel import postgresql
from portal.kernel.db import db, transaction
from portal.kernel.pipeline import PipelinedConnection
from portal.telephony.engine import CallChange, CallSnapshot
from portal.webhooks.models import EventType, WebhookSubscription
from tests.billing.prices import give, make_tariff, rate
from tests.calls.factory import Story
from tests.people import Cast
from tests.support.queries import counted_queries

# Counted were 1,800, 2,250, 2,700, 3,150 and 4,000 on SQLite, and 3,000, 3,800, 4,650, 5,350 and 6,400 on PostgreSQL,
# whose driver is partly Python. By units of work of the session it had been 6,800 to 15,000 on SQLite.
_MOST_FUNCTIONS = {"started": 4_000, "answered": 5_000, "finished": 6_000, "told at its end": 7_000, "missed": 8_500}
_MOST_STATEMENTS = {"started": 15, "answered": 19, "finished": 21, "told at its end": 28, "missed": 31}

_MOST_WAITS = {"started": 6, "answered": 7, "finished": 8, "told at its end": 9, "missed": 17}
"""Answers of PostgreSQL to what is prepared."""
_ASKED_BY_THE_CLOCK = "pg_stat_activity"
"""Which workers listen is known for a second; on a busy machine that is over between two calls."""


def functions(run: Callable[[], object]) -> int:
    """How many functions are called, Python's and C's."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


class _Waits(PipelinedConnection):
    """Counts them, of all connections."""

    count = 0

    def _take(self, sent: Any) -> Any:
        _Waits.count += 1
        return super()._take(sent)


def tellings(account_id: int, caller: str) -> dict[str, CallSnapshot]:
    story, other, missed = (Story(account_id, caller=caller, answered_after=each) for each in (5.0, 5.0, None))
    return {
        "started": story.started(),
        "answered": story.answered(),
        "finished": story.finished(),
        "told at its end": other.finished(),
        "missed": missed.finished(),
    }


@pytest.fixture
def journal(app: Flask, cast: Cast) -> Journal:
    """Of a company with a tariff and a webhook for each end, some calls on; what is made once is made."""
    give(app, cast.north, make_tariff(app, [rate("incoming", "", "2")]))
    with app.app_context(), transaction(cast.north) as session:
        url = "https://crm.example/hook"
        session.add(WebhookSubscription(url=url, canonical_url=url, event=EventType.CALL_FINISHED))
    journal = Journal(app)
    for number in range(3):
        for call in tellings(cast.north, f"7903999000{number}").values():
            journal.record(call, CallChange.FINISHED)
    return journal


def test_it_takes_few_functions_and_statements(app: Flask, cast: Cast, journal: Journal) -> None:
    told = tellings(cast.north, "79039990009")
    called = {name: functions(partial(journal.record, call, CallChange.FINISHED)) for name, call in told.items()}
    asked = {}
    for name, call in tellings(cast.north, "79039990010").items():
        with counted_queries(app) as statements:
            journal.record(call, CallChange.FINISHED)
        asked[name] = sum(_ASKED_BY_THE_CLOCK not in each for each in statements)

    assert {name for name in called if called[name] > _MOST_FUNCTIONS[name]} == set(), called
    assert {name for name in asked if asked[name] > _MOST_STATEMENTS[name]} == set(), asked


def test_it_waits_seldom(
    app: Flask, cast: Cast, journal: Journal, monkeypatch: pytest.MonkeyPatch, is_postgresql: bool
) -> None:
    monkeypatch.setattr(postgresql, "PipelinedConnection", _Waits)
    with app.app_context():
        db.engine.dispose()
    waited = {}
    for name, call in tellings(cast.north, "79039990011").items():
        with counted_queries(app) as statements:
            before = _Waits.count
            journal.record(call, CallChange.FINISHED)
        waited[name] = _Waits.count - before - sum(_ASKED_BY_THE_CLOCK in each for each in statements)

    assert {name for name in waited if waited[name] > _MOST_WAITS[name]} == set(), waited
    assert is_postgresql == all(waited.values())
