"""The log's SQL against a plain filter in Python over the same rows, and its pages against the whole.

What a look examines is set so low that every way to look, and every early end, is met among a hundred calls.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.calls.log import bytext, textindex, ways
from portal.calls.log.filters import CallFilters, Direction
from portal.calls.log.notices import Notices
from portal.calls.log.pages import LogPage, call_page
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.kernel.paging import Cursor
from portal.kernel.textsearch import search_text
from portal.telephony.engine import CallKind, CallOutcome
from portal.webhooks.models import (
    DeliveryState,
    EventType,
    Lane,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from tests.calls.factory import DID, IGOR_PHONE, NOON, OLGA_PHONE
from tests.people import Cast

MOSCOW = ZoneInfo("Europe/Moscow")
OTHER_DID = "74957654321"
NUMBERS = ["79039998877", "79031112233", "74951112233", "442071838750", ""]
SIPS = [OLGA_PHONE, IGOR_PHONE]
DAYS = [date(2026, 11, day) for day in range(19, 26)]
WORDS = {"+7 903 999-88-77": "79039998877", "8 (495)": "7495", "Иг": "иг"}
COUNT = 100


@dataclass(frozen=True, slots=True)
class Log:
    """North's calls, and a way to read them."""

    app: Flask
    account_id: int
    notices: dict[int, Notices]

    def page(self, filters: CallFilters, cursor: Cursor | None = None, limit: int = 50) -> LogPage[CallRecord]:
        """One page."""
        with self.app.app_context(), transaction(self.account_id, writes=False):
            return call_page(filters, cursor, limit)

    def pages(self, filters: CallFilters, limit: int, cursor: Cursor | None = None) -> Iterator[LogPage[CallRecord]]:
        """From the newest page to the oldest."""
        following = True
        while following:
            page = self.page(filters, cursor, limit)
            yield page
            cursor = Cursor.decode(page.next or "", 2)
            following = cursor is not None

    def back_from(self, page: LogPage[CallRecord], filters: CallFilters, limit: int) -> Iterator[LogPage[CallRecord]]:
        """From the page before this one to the newest."""
        while cursor := Cursor.decode(page.previous or "", 2):
            page = self.page(filters, cursor, limit)
            yield page

    def everything(self) -> list[CallRecord]:
        """All calls, the newest first."""
        return list(self.page(CallFilters(), limit=COUNT * 2).rows)

    def write(self, started_at: datetime, chance: random.Random) -> None:
        """One more call."""
        with self.app.app_context(), transaction(self.account_id) as session:
            session.add(a_call(started_at, chance))


def a_call(started_at: datetime, chance: random.Random) -> CallRecord:
    """Any call that ended, or lasts."""
    kind = chance.choice(list(CallKind))
    caller = chance.choice(NUMBERS if kind is CallKind.INCOMING else SIPS)
    callee = chance.choice([None, *SIPS] if kind is not CallKind.OUTGOING else NUMBERS[:-1])
    name = chance.choice(["Игорь Батов", None]) if callee == IGOR_PHONE else None
    talk = chance.choice([None, 0, 1, 10, 11, 60, 61, 700])
    return CallRecord(
        api_call_id=uuid.uuid4().hex,
        switch="main",
        kind=kind,
        outcome=chance.choice([None, *CallOutcome]),
        caller=caller,
        callee=callee,
        callee_name=name,
        did=None if kind is CallKind.INTERNAL else chance.choice([DID, OTHER_DID]),
        started_at=started_at,
        talk_seconds=talk,
        price=chance.choice([None, Decimal(0), Decimal("0.6"), Decimal(1), Decimal("1.0001"), Decimal("14.5")]),
        has_recording=chance.random() < 0.5,
        search_text=search_text((caller, callee), (name,)),
    )


@pytest.fixture
def log(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Log:
    """A hundred calls of North over a week, several in the same moment, and one of South."""
    lowered = {
        "NEAR": 5, "FEW_CLASSES": 8, "FAR": 15, "_CANDIDATES": 12, "_READ_AT_ONCE": 7, "_OF_CLASSES_AT_ONCE": (7, 12),
        "_SECONDS_AT_ONCE": (2, 5, 9), "MOST_NAMED": 9,
    }  # fmt: skip
    for name, value in lowered.items():
        places = [module for module in (ways, bytext, textindex) if hasattr(module, name)]
        assert places, f"{name} is nowhere"
        for module in places:
            monkeypatch.setattr(module, name, value)
    chance = random.Random(5)
    with app.app_context(), transaction(cast.north) as session:
        calls = [a_call(NOON - timedelta(hours=chance.randrange(140)), chance) for _ in range(COUNT)]
        session.add_all(calls)
        webhook = WebhookSubscription(url="https://a.example", canonical_url="a", event=EventType.CALL_FINISHED)
        session.add(webhook)
        session.flush()
        for call in calls:
            for state in chance.choices(list(DeliveryState), k=chance.randrange(2)):
                event = WebhookEvent(type=EventType.CALL_FINISHED, api_call_id=call.api_call_id, parameters=[])
                session.add(event)
                session.flush()
                session.add(
                    WebhookDelivery(
                        subscription_id=webhook.id,
                        event_id=event.id,
                        public_id=uuid.uuid4().hex,
                        lane=Lane.END,
                        state=state,
                    )
                )
                if state in _FARES:
                    call.notices_for_test = _FARES[state]  # type: ignore[attr-defined]
        notices = {call.id: call.notices_for_test for call in calls if hasattr(call, "notices_for_test")}
    with app.app_context(), transaction(cast.south) as session:
        session.add(a_call(NOON, random.Random(6)))
    return Log(app, cast.north, notices)


_FARES = {
    DeliveryState.DELIVERED: Notices.ARRIVED,
    DeliveryState.WAITING: Notices.WAITING,
    DeliveryState.SENDING: Notices.WAITING,
    DeliveryState.FAILED: Notices.FAILED,
    DeliveryState.EXPIRED: Notices.FAILED,
}
VALUES: dict[str, Sequence[Any]] = {
    "q": ["903", "+7 903 999-88-77", "8 (495)", "0000672", "2071838", "12345678901234", "батов", "Иг", "01"],
    "first_day": DAYS,
    "last_day": DAYS,
    "direction": list(Direction),
    "outcome": list(CallOutcome),
    "line": [DID, OTHER_DID],
    "sip": [*SIPS, "SIP/unknown"],
    "has_record": [True, False],
    "min_talk": [0, 1, 11, 12, 61, 9000],
    "max_talk": [0, 10, 60, 600],
    "min_price": [Decimal(0), Decimal("0.0001"), Decimal(1), Decimal("1.0001"), Decimal(99)],
    "max_price": [Decimal(0), Decimal(1), Decimal("14.49")],
    "notices": list(Notices),
}
choices = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
pairs = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(VALUES[name]) for name in names})
)
some = st.one_of(pairs, choices).map(lambda chosen: CallFilters(zone=MOSCOW, **chosen))


def fits(log: Log, call: CallRecord, filters: CallFilters) -> bool:
    """The filter's meaning, said again in plain words."""
    day = call.started_at.astimezone(MOSCOW).date()
    sought = WORDS.get(filters.q or "", filters.q or "")
    talk, price = call.talk_seconds, call.price
    return all(
        (
            filters.first_day is None or filters.first_day <= day,
            filters.last_day is None or day <= filters.last_day,
            filters.direction is None or call.kind == filters.direction.kind,
            filters.outcome is None or call.outcome == filters.outcome,
            filters.line is None or call.did == filters.line,
            filters.sip is None or filters.sip in (call.caller, call.callee),
            filters.has_record is None or call.has_recording == filters.has_record,
            filters.min_talk is None or (talk is not None and talk >= filters.min_talk),
            filters.max_talk is None or (talk is not None and talk <= filters.max_talk),
            filters.min_price is None or (price is not None and price >= filters.min_price),
            filters.max_price is None or (price is not None and price <= filters.max_price),
            filters.notices is None or log.notices.get(call.id) == filters.notices,
            any(sought in (part or "").lower() for part in (call.caller, call.callee, call.callee_name)),
        )
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(filters=some, limit=st.integers(1, 40))
def test_the_pages_of_any_choice_together_are_what_a_plain_filter_finds(
    log: Log, filters: CallFilters, limit: int
) -> None:
    everything = log.everything()
    assert len(everything) == COUNT

    pages = list(log.pages(filters, limit))

    assert [call.id for page in pages for call in page.rows] == [
        call.id for call in everything if fits(log, call, filters)
    ]
    assert all(len(page.rows) == limit or page.looked_to for page in pages[:-1])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(filters=some, limit=st.integers(1, 30))
def test_the_way_back_leads_over_the_same_calls(log: Log, filters: CallFilters, limit: int) -> None:
    forth = list(log.pages(filters, limit))
    back = list(log.back_from(forth[-1], filters, limit))

    assert [call.id for page in reversed(back) for call in page.rows] == [
        call.id for page in forth[:-1] for call in page.rows
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(filters=some, seed=st.integers(0, 999))
def test_calls_that_are_written_meanwhile_move_no_page(log: Log, filters: CallFilters, seed: int) -> None:
    chance = random.Random(seed)
    before = {call.id for call in log.everything() if fits(log, call, filters)}

    seen: list[int] = []
    for page in log.pages(filters, 7):
        seen += [call.id for call in page.rows]
        if len(seen) < COUNT:
            log.write(NOON + timedelta(hours=chance.randrange(-140, 10)), chance)

    assert len(set(seen)) == len(seen)
    assert before <= set(seen)
