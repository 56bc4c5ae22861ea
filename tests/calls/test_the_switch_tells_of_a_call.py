"""What an engine tells is written once, in order, and told on once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from portal.calls.events import CallAnswered, CallFinished, CallStarted
from portal.calls.journal import Journal
from portal.calls.models import CallRecord
from portal.calls.queries import find_call, live_calls
from portal.contacts.services import add_contact
from portal.kernel.db import transaction
from portal.kernel.events import EventBus
from portal.telephony.engine import CallChange, CallKind, CallOutcome, LegResult
from portal.telephony.plan import Skipped, SkipReason, Target
from tests.calls.factory import CALLER, DID, IGOR_PHONE, NOON, OLGA_PHONE, Story, tell, tell_whole
from tests.people import Cast


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the rooms above hear, in order: the event and the call."""
    heard: list[tuple[str, str]] = []
    bus = EventBus()

    def hear(event: CallStarted | CallAnswered | CallFinished) -> None:
        heard.append((type(event).__name__, event.call.api_call_id))

    bus.subscribe(CallStarted, hear)
    bus.subscribe(CallAnswered, hear)
    bus.subscribe(CallFinished, hear)
    monkeypatch.setitem(app.extensions, "portal.events", bus)
    return heard


@pytest.fixture
def story(cast: Cast) -> Story:
    """Olga takes a call of North after five seconds and talks for a minute."""
    return Story(cast.north)


def written(app: Flask, story: Story) -> CallRecord:
    with app.app_context(), transaction(story.account_id, writes=False):
        call = find_call(story.api_call_id)
    assert call is not None
    return call


def test_a_call_is_written_with_the_contracts_times(app: Flask, story: Story) -> None:
    tell_whole(app, story)

    call = written(app, story)

    assert (call.kind, call.outcome, call.caller, call.did, call.callee) == (
        CallKind.INCOMING,
        CallOutcome.ANSWERED,
        CALLER,
        DID,
        OLGA_PHONE,
    )
    assert (call.caller_wait_seconds, call.talk_seconds, call.caller_leg_seconds) == (5, 60, 60)
    assert (call.started_at, call.ended_at) == (NOON, NOON + timedelta(seconds=65))


def test_each_leg_is_written_with_what_came_of_it(app: Flask, story: Story) -> None:
    tell_whole(app, story)

    legs = written(app, story).legs

    assert [(leg.number, leg.address, leg.side, leg.result) for leg in legs] == [
        (1, CALLER, "caller", LegResult.ANSWERED),
        (2, OLGA_PHONE, "callee", LegResult.ANSWERED),
    ]
    assert legs[1].label == "Olga Manoli"


def test_a_leg_that_joins_later_is_added_and_the_others_stay(app: Flask, story: Story) -> None:
    first = story.started()
    joined = replace(first.legs[1], number=3, address=IGOR_PHONE, label="Igor")
    tell(app, first)
    before = [leg.id for leg in written(app, story).legs]

    Journal(app).record(replace(first, legs=(*first.legs, joined), version=2), CallChange.LEGS)

    after = written(app, story).legs
    assert [leg.address for leg in after] == [CALLER, OLGA_PHONE, IGOR_PHONE]
    assert [leg.id for leg in after[:2]] == before


def test_the_rooms_above_hear_of_each_milestone_once(app: Flask, story: Story, heard: list[tuple[str, str]]) -> None:
    tell_whole(app, story)
    tell_whole(app, story)

    assert heard == [(name, story.api_call_id) for name in ("CallStarted", "CallAnswered", "CallFinished")]


def test_a_call_first_heard_of_at_its_end_is_told_from_the_beginning(
    app: Flask, story: Story, heard: list[tuple[str, str]]
) -> None:
    tell(app, story.finished())

    assert [name for name, _call in heard] == ["CallStarted", "CallAnswered", "CallFinished"]


def test_a_missed_call_is_never_told_as_answered(app: Flask, cast: Cast, heard: list[tuple[str, str]]) -> None:
    tell_whole(app, Story(cast.north, answered_after=None))

    assert [name for name, _call in heard] == ["CallStarted", "CallFinished"]


def test_what_comes_late_changes_nothing(app: Flask, story: Story, heard: list[tuple[str, str]]) -> None:
    tell(app, story.finished(), story.answered(), story.started())

    call = written(app, story)
    assert (call.outcome, call.version, call.talk_seconds) == (CallOutcome.ANSWERED, 3, 60)
    assert len(heard) == 3


def test_a_room_that_fails_leaves_nothing_behind_and_the_snapshot_can_come_again(
    app: Flask, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = EventBus()
    fails = iter([True, False])

    def fail_once(_event: CallStarted) -> None:
        if next(fails):
            raise RuntimeError("no room")

    bus.subscribe(CallStarted, fail_once)
    monkeypatch.setitem(app.extensions, "portal.events", bus)

    with pytest.raises(RuntimeError):
        tell(app, story.started())
    tell(app, story.started())

    assert written(app, story).version == 1


def test_names_are_those_of_the_address_book(app: Flask, story: Story) -> None:
    with app.app_context(), transaction(story.account_id):
        add_contact(name="Ivan Petrov", numbers=[CALLER])

    tell_whole(app, story)

    assert written(app, story).caller_name == "Ivan Petrov"


def test_who_was_skipped_stands_with_the_reason(app: Flask, cast: Cast) -> None:
    skipped = (Skipped(Target(IGOR_PHONE, "Igor"), SkipReason.OFFLINE),)
    story = tell_whole(app, Story(cast.north, skipped=skipped))

    assert written(app, story).skipped == [[IGOR_PHONE, "Igor", "offline"]]


def test_a_call_is_live_until_it_has_ended(app: Flask, story: Story) -> None:
    def live() -> Iterator[str]:
        with app.app_context(), transaction(story.account_id, writes=False):
            yield from [call.api_call_id for call in live_calls()]

    tell(app, story.started())
    assert list(live()) == [story.api_call_id]
    tell(app, story.answered())
    assert list(live()) == [story.api_call_id]
    tell(app, story.finished())
    assert not list(live())


def test_the_same_id_in_two_accounts_is_two_calls(app: Flask, cast: Cast, story: Story) -> None:
    twin = replace(story, account_id=cast.south, caller="79031112233")
    tell_whole(app, story)
    tell_whole(app, twin)

    assert written(app, story).caller == CALLER
    assert written(app, twin).caller == "79031112233"
