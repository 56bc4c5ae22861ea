"""Calls that waited are written in one transaction, and nobody can tell by the rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.billing.models import AccountBalance, IncludedUse, LedgerDay, LedgerEntry
from portal.calls.events import CallFinished
from portal.calls.journal import Journal
from portal.calls.log.models import CallTotal
from portal.calls.models import CallLeg, CallRecord
from portal.followups.models import FollowUp
from portal.kernel.db import transaction
from portal.kernel.events import EventBus
from portal.routing.models import LineActivity
from portal.telephony.engine import CallChange, CallKind, CallSnapshot
from portal.webhooks.models import EventType, WebhookDelivery, WebhookEvent, WebhookSubscription
from tests.billing.prices import give, make_tariff, rate
from tests.calls.factory import IGOR_PHONE, NOON, Story
from tests.people import Cast
from tests.support.queries import counted_queries

_URL = "https://crm.example/hook"
_WRITTEN: Sequence[tuple[Any, ...]] = (
    (
        CallRecord.api_call_id, CallRecord.outcome, CallRecord.caller, CallRecord.callee, CallRecord.started_at,
        CallRecord.answered_at, CallRecord.ended_at, CallRecord.talk_seconds, CallRecord.price, CallRecord.version,
        CallRecord.search_text,
    ),
    (CallLeg.number, CallLeg.address, CallLeg.rang_at, CallLeg.answered_at, CallLeg.ended_at, CallLeg.result),
    (CallTotal.grain, CallTotal.first_day, CallTotal.kind, CallTotal.outcome, CallTotal.calls, CallTotal.talk_seconds,
     CallTotal.waits, CallTotal.cost),
    (LedgerEntry.source, LedgerEntry.amount, LedgerEntry.included, LedgerEntry.balance_after),
    (LedgerDay.day, LedgerDay.kind, LedgerDay.amount, LedgerDay.count),
    (AccountBalance.balance,),
    (IncludedUse.month, IncludedUse.used),
    (LineActivity.address, LineActivity.answered_count, LineActivity.last_ended_at),
    (FollowUp.number, FollowUp.misses, FollowUp.closed_at),
    (WebhookEvent.api_call_id, WebhookEvent.type, WebhookEvent.happened_at, WebhookDelivery.lane),
)  # fmt: skip


def stories(account_id: int) -> list[Story]:
    """Answered and missed, in and out, two of one caller, and ids that both companies have."""
    told = [
        Story(
            account_id,
            caller=f"7903999{number % 4:04}",
            started_at=NOON + timedelta(seconds=number),
            answered_after=None if number % 3 == 0 else 5.0,
            talked=60.0 + number,
            api_call_id=f"{number:032x}",
        )
        for number in range(9)
    ]
    out = Story(
        account_id, CallKind.OUTGOING, caller=IGOR_PHONE, callee="79031112233", did=None, api_call_id=f"{99:032x}"
    )
    return [*told, out]


def phases(account_id: int) -> list[list[CallSnapshot]]:
    told = stories(account_id)
    # The last calls are first heard of when they are over.
    return [
        [story.started() for story in told[:6]],
        [story.answered() if story.answered_after else story.started() for story in told[:8]],
        [story.finished() for story in told],
    ]


def together(app: Flask, calls: Sequence[CallSnapshot]) -> None:
    Journal(app).record_all([(call, CallChange.FINISHED) for call in calls])


def one_by_one(app: Flask, calls: Sequence[CallSnapshot]) -> None:
    for call in calls:
        Journal(app).record(call, CallChange.FINISHED)


def rows(app: Flask, account_id: int) -> list[list[tuple[Any, ...]]]:
    found = []
    with app.app_context(), transaction(account_id, writes=False) as session:
        for columns in _WRITTEN:
            asked = select(*columns)
            if columns[0] is WebhookEvent.api_call_id:
                asked = asked.outerjoin(WebhookDelivery, WebhookDelivery.event_id == WebhookEvent.id)
            found.append(sorted((tuple(row) for row in session.execute(asked)), key=repr))
    return found


@pytest.fixture
def twins(app: Flask, cast: Cast) -> Cast:
    """North and South with the same tariff, and a webhook each that hears of ends."""
    tariff = make_tariff(app, [rate("incoming", "", "2"), rate("outgoing", "", "3")], included="3")
    for account_id in (cast.north, cast.south):
        give(app, account_id, tariff)
        with app.app_context(), transaction(account_id) as session:
            session.add(WebhookSubscription(url=_URL, canonical_url=_URL, event=EventType.CALL_FINISHED))
    return cast


def test_the_rows_are_the_same_as_one_after_another(app: Flask, twins: Cast) -> None:
    for calls in phases(twins.north):
        one_by_one(app, calls)
    for calls in phases(twins.south):
        together(app, calls)

    alone, at_once = rows(app, twins.north), rows(app, twins.south)

    assert all(alone), "a table that says nothing proves nothing"
    assert at_once == alone


def test_the_same_again_changes_nothing(app: Flask, twins: Cast) -> None:
    for calls in phases(twins.south):
        together(app, calls)
    before = rows(app, twins.south)

    together(app, [call for call in phases(twins.south)[2] if call.version == 3])
    together(app, phases(twins.south)[0])

    assert rows(app, twins.south) == before


def test_ten_calls_ask_less_than_a_third_of_ten_times_one(app: Flask, cast: Cast) -> None:
    told = [Story(cast.north, caller=f"7903999{number:04}") for number in range(21)]
    counts = []
    for phase in (Story.started, Story.answered, Story.finished):
        one_by_one(app, [phase(told[0])])
        with counted_queries(app) as alone:
            one_by_one(app, [phase(story) for story in told[1:11]])
        with counted_queries(app) as at_once:
            together(app, [phase(story) for story in told[11:]])
        counts.append((len(at_once), len(alone)))

    assert sum(each for each, _alone in counts) < sum(each for _at_once, each in counts) / 3, counts


def test_where_one_cannot_be_written_none_is(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = stories(cast.north)[3]
    bus = EventBus()

    def refuse(event: CallFinished) -> None:
        if event.call.api_call_id == refused.api_call_id:
            raise ValueError("not this one")

    bus.subscribe(CallFinished, refuse)
    monkeypatch.setitem(app.extensions, "portal.events", bus)
    with pytest.raises(ValueError, match="not this one"):
        together(app, phases(cast.north)[2])

    assert rows(app, cast.north)[0] == []
