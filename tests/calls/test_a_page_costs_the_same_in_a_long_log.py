"""How much SQLite does for a page does not grow with the log: counted in its own steps, which no other load changes."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.calls.log import bytext, ways
from portal.calls.log.filters import CallFilters
from portal.calls.log.pages import call_page
from portal.kernel.db import transaction
from portal.kernel.paging import Cursor
from portal.telephony.engine import CallOutcome
from tests.calls.factory import NOON, Story, tell
from tests.people import Cast
from tests.support.steps import hundreds_of_steps

NEAR = 10
CHOICES = [
    CallFilters(zone=ZoneInfo("Europe/Moscow"), outcome=CallOutcome.BUSY),
    CallFilters(zone=ZoneInfo("Europe/Moscow"), sip="SIP/00000000672"),
    CallFilters(zone=ZoneInfo("Europe/Moscow"), q="790"),
    CallFilters(zone=ZoneInfo("Europe/Moscow"), min_talk=10),
]


def _tell(app: Flask, account_id: int, days: range) -> None:
    tell(app, *(Story(account_id, started_at=NOON - timedelta(days=day)).finished() for day in days))


def _steps(app: Flask, account_id: int, filters: CallFilters, cursor: Cursor | None) -> int:
    with app.app_context(), transaction(account_id, writes=False):
        return hundreds_of_steps(lambda: call_page(filters, cursor, limit=5))


def test_looking_among_the_nearest_calls(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways.nearest, "__defaults__", (NEAR,))
    for module in (ways, bytext):
        monkeypatch.setattr(module, "FAR", NEAR)
    _tell(app, cast.north, range(20))
    short = {filters: _steps(app, cast.north, filters, None) for filters in CHOICES}
    _tell(app, cast.north, range(20, 140))

    long = {filters: _steps(app, cast.north, filters, None) for filters in CHOICES}

    assert not {filters: (short[filters], steps) for filters, steps in long.items() if steps > short[filters] * 1.5 + 4}
