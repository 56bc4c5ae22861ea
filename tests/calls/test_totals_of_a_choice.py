"""What a choice comes to is what a recount of its calls gives, however the calls were told."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from portal.calls.log.filters import CallFilters, Direction
from portal.calls.log.totals import Column, counted_totals, kept_totals
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.telephony.engine import CallKind, CallOutcome
from tests.billing.prices import give, make_tariff, rate
from tests.browser import Browser
from tests.calls.factory import IGOR_PHONE, NOON, OLGA_PHONE, Story, tell
from tests.people import Cast

MOSCOW = ZoneInfo("Europe/Moscow")
TODAY = date(2026, 11, 23)
CHOICES = [
    CallFilters(zone=MOSCOW),
    CallFilters(zone=MOSCOW, direction=Direction.IN),
    CallFilters(zone=MOSCOW, outcome=CallOutcome.MISSED, first_day=TODAY),
    CallFilters(zone=MOSCOW, sip=OLGA_PHONE, last_day=TODAY),
    CallFilters(zone=MOSCOW, first_day=TODAY, last_day=TODAY),
    CallFilters(zone=MOSCOW, first_day=date(2026, 8, 7), last_day=TODAY),
]


def _tell_in_any_order(app: Flask, account_id: int) -> None:
    chance = random.Random(3)
    snapshots = []
    for _ in range(25):
        kind = chance.choice(list(CallKind))
        story = Story(
            account_id,
            kind=kind,
            caller="79039998877" if kind is CallKind.INCOMING else OLGA_PHONE,
            callee="79031112233" if kind is CallKind.OUTGOING else IGOR_PHONE,
            started_at=NOON - timedelta(hours=chance.choice([0, 1, 9, 30, 24 * 40, 24 * 100, 24 * 200])),
            answered_after=chance.choice([None, 4.0]),
        )
        told = [story.started(), story.finished(), story.finished()]
        snapshots += told if story.answered_after is None else [*told, story.answered()]
    chance.shuffle(snapshots)
    tell(app, *snapshots)


def test_totals_equal_a_recount_however_calls_were_told(app: Flask, cast: Cast) -> None:
    give(app, cast.north, make_tariff(app, [rate("incoming", "", "0.60", "in")]))
    _tell_in_any_order(app, cast.north)

    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert len(session.scalars(select(CallRecord.id)).all()) == 25
        assert counted_totals(CHOICES[0]).sums.cost > 0
        for filters in CHOICES:
            kept = kept_totals(filters)
            assert kept is not None
            assert kept.sums == counted_totals(filters).sums
            assert sum(column.sums.calls for column in kept.columns) == kept.sums.calls
            for column, following in pairwise(kept.columns):
                assert column.last_day + timedelta(days=1) == following.first_day or column.hour is not None


def test_a_choice_that_is_counted_is_drawn_as_well(app: Flask, cast: Cast) -> None:
    _tell_in_any_order(app, cast.north)

    with app.app_context(), transaction(cast.north, writes=False):
        for filters in CHOICES:
            kept, counted = kept_totals(filters), counted_totals(filters)
            assert kept is not None
            assert _heights(counted.columns) == _heights(kept.columns)


@pytest.mark.parametrize("most", [10_000, 2])
def test_a_chosen_period_is_drawn_to_its_ends(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("portal.calls.log.totals.MOST_COUNTED", most)
    others = [Story(cast.north, caller="79031112233", started_at=NOON + timedelta(days=days)) for days in (-9, 9)]
    wanted = [Story(cast.north, started_at=NOON + timedelta(days=days)) for days in (-2, 0, 1)]
    tell(app, *(story.finished() for story in (*others, *wanted)))

    week = CallFilters(zone=MOSCOW, q="8877", first_day=TODAY - timedelta(days=4), last_day=TODAY + timedelta(days=3))
    with app.app_context(), transaction(cast.north, writes=False):
        totals, ever = counted_totals(week), counted_totals(replace(week, first_day=None, last_day=None))

    # What was not counted may lie on the days before.
    assert [column.sums.calls for column in totals.columns] == [0, 0, 1, 0, 1, 1, 0, 0][0 if most > 2 else 4 :]
    assert len(ever.columns) == (4 if most > 2 else 2)


def _heights(columns: list[Column]) -> list[tuple[object, int, int]]:
    return [
        (column.hour or f"{column.first_day:%Y-%m}", column.sums.calls, column.sums.answered)
        for column in columns
        if column.sums.calls
    ]


def test_a_stranger_s_totals_are_empty(app: Flask, cast: Cast) -> None:
    _tell_in_any_order(app, cast.north)

    with app.app_context(), transaction(cast.south, writes=False):
        assert kept_totals(CallFilters(zone=MOSCOW)) is not None
        assert counted_totals(CallFilters(zone=MOSCOW)).sums.calls == 0


def test_the_page_tells_totals_or_fetches_them(app: Flask, cast: Cast, anna: Browser, clara: Browser) -> None:
    _tell_in_any_order(app, cast.north)

    assert "<b>25</b>" in anna.get("/calls").get_data(as_text=True)
    assert 'hx-get="/calls/totals?q=903"' in anna.get("/calls?q=903").get_data(as_text=True)
    assert 'class="totals"' in anna.get("/calls/totals?q=903").get_data(as_text=True)
    assert "<b>25</b>" not in clara.get("/calls/totals").get_data(as_text=True)
