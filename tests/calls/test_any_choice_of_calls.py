"""The log's SQL against a plain filter in Python over the same rows, and its pages against the whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.calls.log.filters import CallFilters, Direction
from portal.calls.log.pages import call_page
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.kernel.paging import Cursor
from portal.telephony.engine import CallKind, CallOutcome
from tests.calls.factory import DID, IGOR_PHONE, NOON, OLGA_PHONE, Story, tell_whole
from tests.people import Cast

MOSCOW = ZoneInfo("Europe/Moscow")
OTHER_DID = "74957654321"
NUMBERS = ["79039998877", "79031112233", "74951112233", "442071838750"]
SIPS = [OLGA_PHONE, IGOR_PHONE]
DAYS = [date(2026, 11, day) for day in range(19, 26)]


@dataclass(frozen=True, slots=True)
class Log:
    """North's calls, and a way to read them."""

    app: Flask
    account_id: int

    def page(
        self, filters: CallFilters, cursor: Cursor | None = None, limit: int = 50
    ) -> tuple[list[CallRecord], str | None, str | None]:
        """The rows, and the cursors of the pages before and after."""
        with self.app.app_context(), transaction(self.account_id, writes=False):
            page = call_page(filters, cursor, limit)
            return list(page.rows), page.previous, page.next

    def pages(self, filters: CallFilters, limit: int) -> Iterator[tuple[list[CallRecord], str | None]]:
        """From the newest page to the oldest, each with the cursor of the page before it."""
        cursor = None
        while True:
            rows, previous, following = self.page(filters, cursor, limit)
            yield rows, previous
            if following is None:
                return
            cursor = Cursor.decode(following, 2)


@pytest.fixture
def log(app: Flask, cast: Cast) -> Log:
    """Eighty calls of North over a week, several in the same second, and one of South."""
    chance = random.Random(5)
    for _ in range(80):
        kind = chance.choice(list(CallKind))
        tell_whole(
            app,
            Story(
                cast.north,
                kind=kind,
                caller=chance.choice(NUMBERS if kind is CallKind.INCOMING else SIPS),
                callee=chance.choice(NUMBERS if kind is CallKind.OUTGOING else SIPS),
                did=None if kind is CallKind.INTERNAL else chance.choice([DID, OTHER_DID]),
                started_at=NOON - timedelta(hours=chance.randrange(96), days=chance.randrange(2)),
                answered_after=chance.choice([None, 3.0]),
                is_recorded=chance.random() < 0.5,
            ),
        )
    tell_whole(app, Story(cast.south))
    return Log(app, cast.north)


choices = st.builds(
    CallFilters,
    zone=st.just(MOSCOW),
    q=st.sampled_from([None, None, "903", "+7 903 999-88-77", "8 (495)", "0000672", "2071838", "12345678901234"]),
    first_day=st.sampled_from([None, None, *DAYS]),
    last_day=st.sampled_from([None, None, *DAYS]),
    direction=st.sampled_from([None, None, *Direction]),
    outcome=st.sampled_from([None, None, *CallOutcome]),
    line=st.sampled_from([None, None, DID, OTHER_DID]),
    sip=st.sampled_from([None, None, *SIPS, "SIP/unknown"]),
    has_record=st.sampled_from([None, None, True, False]),
)


def fits(call: CallRecord, filters: CallFilters) -> bool:
    """The filter's meaning, said again in plain words."""
    day = call.started_at.astimezone(MOSCOW).date()
    digits = {"+7 903 999-88-77": "79039998877", "8 (495)": "7495"}.get(filters.q or "", filters.q or "")
    return all(
        (
            filters.first_day is None or filters.first_day <= day,
            filters.last_day is None or day <= filters.last_day,
            filters.direction is None or call.kind == filters.direction.kind,
            filters.outcome is None or call.outcome == filters.outcome,
            filters.line is None or call.did == filters.line,
            filters.sip is None or filters.sip in (call.caller, call.callee),
            filters.has_record is None or call.has_recording == filters.has_record,
            any(digits in address for address in (call.caller, call.callee or "")),
        )
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(filters=choices)
def test_any_choice_finds_what_a_plain_filter_finds(log: Log, filters: CallFilters) -> None:
    everything, _, _ = log.page(CallFilters(), limit=200)
    assert len(everything) == 80

    found, _, following = log.page(filters, limit=200)

    assert [call.id for call in found] == [call.id for call in everything if fits(call, filters)]
    assert following is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(filters=choices, limit=st.integers(1, 30))
def test_the_pages_of_any_choice_together_are_the_whole(log: Log, filters: CallFilters, limit: int) -> None:
    whole, _, _ = log.page(filters, limit=200)

    pages = [rows for rows, _ in log.pages(filters, limit)]

    assert [call.id for rows in pages for call in rows] == [call.id for call in whole]
    assert all(len(rows) == limit for rows in pages[:-1])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(filters=choices, limit=st.integers(1, 30))
def test_the_way_back_leads_over_the_same_pages(log: Log, filters: CallFilters, limit: int) -> None:
    pages = list(log.pages(filters, limit))

    assert pages[0][1] is None
    for (before, _), (_, previous) in zip(pages, islice(pages, 1, None), strict=False):
        assert previous is not None
        rows, _, _ = log.page(filters, Cursor.decode(previous, 2), limit)
        assert [call.id for call in rows] == [call.id for call in before]
