"""The notice of a record comes once, and tells of a whole call: when the call is over and its record is there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.calls.journal import Journal
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.recordings.sink import Sink
from portal.telephony.engines.sandbox.callers import CallerScript
from portal.telephony.engines.sandbox.switch import SandboxSwitch
from portal.telephony.engines.sandbox.tape import Tape
from portal.telephony.engines.timeline import SimulatedTimeline
from portal.telephony.plan import RingStep, RoutePlan, StepReason, Target
from portal.webhooks import resending, trying
from portal.webhooks.models import EventType, WebhookEvent, WebhookSubscription
from tests.calls.factory import Story, tell
from tests.recordings.factory import write_wav
from tests.telephony.sandbox.room import ANN, DID, QUICK, STRANGER, People, Says, call_id
from tests.webhooks.world import Company

URL = "https://crm.example/records"


@pytest.fixture
def hook(north: Company) -> int:
    """Hears of the records of answered calls."""
    webhook_id = north.listens(URL, EventType.RECORDING_READY)

    def choose() -> None:
        db.session.get_one(WebhookSubscription, webhook_id).outcomes = ["answered"]

    north.does(choose)
    return webhook_id


def notices(north: Company) -> list[dict[str, str]]:
    """What was told of records, event by event."""
    found = north.reads(
        lambda: db.session.scalars(select(WebhookEvent).where(WebhookEvent.type == EventType.RECORDING_READY)).all()
    )
    return [dict(event.parameters) for event in found]


@pytest.mark.usefixtures("hook")
def test_each_call_of_an_engine_is_told_of_with_how_long_it_was(app: Flask, north: Company, tmp_path: Path) -> None:
    timeline = SimulatedTimeline(now())
    plan = RoutePlan((RingStep((Target(ANN),), 15, StepReason.HUNT),), 60)
    switch = SandboxSwitch(
        "sandbox",
        timeline,
        People({north.id: {ANN: QUICK}}),
        Says(lambda _call, _presence: plan),
        Journal(app),
        Tape(tmp_path, Sink(app)),
    )
    for number in range(3):
        switch.place_incoming(north.id, call_id(number), STRANGER, DID, CallerScript(talk_seconds=4))
        timeline.run()

    assert [told["connection_time"] for told in notices(north)] == ["4", "4", "4"]
    assert [each.event.api_call_id for each in north.deliveries()] == [call_id(number) for number in range(3)]


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize("is_first", [True, False])
def test_whichever_comes_first_the_record_or_the_end(
    app: Flask, north: Company, tmp_path: Path, *, is_first: bool
) -> None:
    story = Story(north.id, is_recorded=True)
    record = write_wav(tmp_path / "talk.wav", 2)
    tell(app, story.started(), story.answered())
    if is_first:
        Sink(app).complete(north.id, story.api_call_id, record, 2)
        assert notices(north) == []
        tell(app, story.finished())
    else:
        tell(app, story.finished())
        assert notices(north) == []
        Sink(app).complete(north.id, story.api_call_id, record, 2)
    tell(app, story.finished())

    assert [told["connection_time"] for told in notices(north)] == ["60"]
    assert len(north.deliveries()) == 1


@pytest.mark.usefixtures("hook")
def test_a_broken_record_is_not_told_of(app: Flask, north: Company, tmp_path: Path) -> None:
    story = Story(north.id, is_recorded=True)
    broken = tmp_path / "talk.wav"
    broken.write_bytes(b"not a sound")
    tell(app, story.started(), story.answered())
    Sink(app).complete(north.id, story.api_call_id, broken, 2)
    tell(app, story.finished())

    assert notices(north) == []


def test_no_test_and_no_catching_up_tells_of_a_record_that_is_still_fetched(
    app: Flask, north: Company, hook: int, tmp_path: Path
) -> None:
    story = Story(north.id, is_recorded=True)
    tell(app, story.started(), story.answered(), story.finished())
    since, until = now() - timedelta(days=300), now() + timedelta(days=1)

    with pytest.raises(Refused, match="ещё не готова"):
        north.does(trying.send_test, hook, story.api_call_id)
    north.does(resending.send_unreached, hook, since, until)
    assert north.reads(lambda: trying.past_calls(EventType.RECORDING_READY)) == []
    assert north.reads(lambda: resending.unreached_count(north.webhook(hook), since, until)) == 0
    assert (notices(north), north.deliveries()) == ([], [])

    Sink(app).complete(north.id, story.api_call_id, write_wav(tmp_path / "talk.wav", 2), 2)
    assert len(notices(north)) == 1
    assert [each.is_test for each in north.deliveries()] == [False]

    north.does(trying.send_test, hook, story.api_call_id)
    assert [each.is_test for each in north.deliveries()] == [False, True]
    assert len(north.reads(lambda: trying.past_calls(EventType.RECORDING_READY))) == 1


def test_a_record_of_before_the_webhook_is_caught_up_with(app: Flask, north: Company, tmp_path: Path) -> None:
    story = Story(north.id, is_recorded=True)
    tell(app, story.started(), story.answered(), story.finished())
    Sink(app).complete(north.id, story.api_call_id, write_wav(tmp_path / "talk.wav", 2), 2)
    webhook_id = north.listens(URL, EventType.RECORDING_READY)

    north.does(resending.send_unreached, webhook_id, now() - timedelta(days=300), now() + timedelta(days=1))

    assert [each.event.api_call_id for each in north.deliveries()] == [story.api_call_id]
