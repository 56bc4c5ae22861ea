"""The sink: an engine's file becomes a record, once, whole or not at all."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.calls.events import CallEnding, CallFinished, CallRecorded
from portal.calls.log.models import CallTotal
from portal.calls.queries import find_call
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.events import EventBus
from portal.recordings.models import Recording, RecordingState
from portal.recordings.queries import recording_of, recordings_of
from portal.recordings.sink import Sink, on_call_ending, on_call_finished
from portal.telephony.control.reconcile import close_interrupted
from tests.calls.factory import Story, tell, tell_whole
from tests.people import Cast
from tests.recordings.factory import tell_recorded, write_wav


@pytest.fixture
def story(app: Flask, cast: Cast) -> Story:
    """A call of North that was recorded and is over."""
    return tell_whole(app, Story(cast.north, is_recorded=True))


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of which the rooms above hear that their record is there."""
    heard: list[str] = []
    bus = EventBus()
    bus.subscribe(CallRecorded, lambda event: heard.append(event.call.api_call_id))
    monkeypatch.setitem(app.extensions, "portal.events", bus)
    return heard


def recorded(app: Flask, story: Story) -> Recording | None:
    with app.app_context(), transaction(story.account_id, writes=False):
        call = find_call(story.api_call_id)
        assert call is not None
        return recording_of(call)


def test_a_talk_that_is_being_recorded_is_known_as_such(app: Flask, cast: Cast) -> None:
    story = Story(cast.north, is_recorded=True)
    tell(app, story.started())

    Sink(app).begin(story.account_id, story.api_call_id)
    Sink(app).begin(story.account_id, story.api_call_id)

    recording = recorded(app, story)
    assert recording is not None
    assert recording.state == RecordingState.RECORDING


def test_a_record_of_a_call_that_is_not_written_yet_is_not_refused(app: Flask, cast: Cast) -> None:
    Sink(app).begin(cast.north, "0" * 32)


def test_the_file_is_moved_and_described(app: Flask, story: Story, tmp_path: Path, heard: list[str]) -> None:
    path = write_wav(tmp_path / "talk.wav", 3)
    audio = path.read_bytes()

    Sink(app).complete(story.account_id, story.api_call_id, path, 3.2)

    recording = recorded(app, story)
    assert recording is not None
    assert recording.blob is not None
    assert (recording.state, recording.seconds, recording.sides) == (RecordingState.READY, 3, 2)
    assert (recording.octets, recording.etag) == (len(audio), hashlib.sha256(audio).hexdigest())
    assert recording.file_name == f"{story.api_call_id}.wav"
    assert b"".join(app.extensions["portal.storage"].chunks(recording.blob)) == audio
    assert not path.exists()
    assert heard == [story.api_call_id]


def test_the_same_record_again_changes_nothing(app: Flask, story: Story, tmp_path: Path, heard: list[str]) -> None:
    for seconds in (3, 5):
        path = write_wav(tmp_path / "talk.wav", seconds)
        Sink(app).complete(story.account_id, story.api_call_id, path, seconds)

    recording = recorded(app, story)
    assert recording is not None
    assert recording.seconds == 3
    assert heard == [story.api_call_id]
    assert not (tmp_path / "talk.wav").exists()


def test_a_failure_leaves_the_file_to_be_handed_over_again(
    app: Flask, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_wav(tmp_path / "talk.wav", 1)
    fails = iter([True, False])

    def fail_once(_event: CallRecorded) -> None:
        if next(fails):
            raise RuntimeError("no room")

    bus = EventBus()
    bus.subscribe(CallRecorded, fail_once)
    monkeypatch.setitem(app.extensions, "portal.events", bus)

    with pytest.raises(RuntimeError):
        Sink(app).complete(story.account_id, story.api_call_id, path, 1)
    assert path.exists()
    Sink(app).complete(story.account_id, story.api_call_id, path, 1)

    recording = recorded(app, story)
    assert recording is not None
    assert recording.state == RecordingState.READY


def test_a_record_outlives_the_engine_that_was_lost_before_the_call_ended(
    app: Flask, cast: Cast, tmp_path: Path, heard: list[str]
) -> None:
    story = Story(cast.north, is_recorded=True)
    tell(app, story.answered())
    Sink(app).complete(story.account_id, story.api_call_id, write_wav(tmp_path / "talk.wav", 1), 1)
    assert heard == []
    app.extensions["portal.events"].subscribe(CallEnding, on_call_ending)
    app.extensions["portal.events"].subscribe(CallFinished, on_call_finished)

    tell(app, close_interrupted(story.answered(), story.started_at + timedelta(seconds=40)))

    with app.app_context(), transaction(story.account_id, writes=False):
        call = find_call(story.api_call_id)
        assert call is not None
        assert (call.ended_at is not None, call.has_recording) == (True, True)
        assert set(db.session.scalars(select(CallTotal.has_recording).where(CallTotal.calls > 0))) == {True}
    assert heard == [story.api_call_id]


def test_a_record_of_an_unknown_call_stays_where_it_is(app: Flask, cast: Cast, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "talk.wav", 1)

    with pytest.raises(NotFound):
        Sink(app).complete(cast.north, "0" * 32, path, 1)

    assert path.exists()


def test_a_broken_file_is_kept_but_not_offered(app: Flask, story: Story, tmp_path: Path, heard: list[str]) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"not a sound")

    Sink(app).complete(story.account_id, story.api_call_id, path, 12.4)

    recording = recorded(app, story)
    assert recording is not None
    assert (recording.state, recording.seconds) == (RecordingState.FAILED, 12)
    assert heard == []


def test_records_of_many_calls_come_at_once(app: Flask, cast: Cast, tmp_path: Path) -> None:
    stories = [Story(cast.north, is_recorded=True) for _ in range(3)]
    for story in stories:
        tell_recorded(app, story, tmp_path, 0.1)

    with app.app_context(), transaction(cast.north, writes=False):
        calls = [call for story in stories if (call := find_call(story.api_call_id))]
        found = recordings_of(calls)

    assert set(found) == {call.id for call in calls}
