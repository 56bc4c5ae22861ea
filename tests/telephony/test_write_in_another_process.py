"""The scribe's own process: what an engine has told it is written, whoever is killed."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from portal.calls.journal import Journal
from portal.kernel.db import db, transaction
from portal.recordings.models import Recording, RecordingState
from portal.recordings.sink import Sink
from portal.telephony.engine import CallChange
from portal.telephony.errors import ScribeLost, SinkClosed
from portal.telephony.scribe.process import ScribeProcess
from tests.calls.factory import Story
from tests.people import Cast
from tests.recordings.factory import write_wav
from tests.telephony.exchange import find_call, until, wire


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    wire(app, cast.north)
    return cast.north


@pytest.fixture
def fork(app: Flask) -> Iterator[Callable[[], ScribeProcess]]:
    """Starts scribes; none outlives the test."""
    children: list[ScribeProcess] = []

    def make() -> ScribeProcess:
        let_go(app)
        children.append(ScribeProcess.fork(app, Journal(app), Sink(app)))
        return children[-1]

    yield make
    for each in children:
        each.stop(20)


def let_go(app: Flask) -> None:
    """A connection to the database serves one process."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def tell(scribe: ScribeProcess, story: Story) -> str:
    scribe.journal.record(story.started(), CallChange.STARTED)
    scribe.journal.record(story.answered(), CallChange.ANSWERED)
    scribe.journal.record(story.finished(), CallChange.FINISHED)
    return story.api_call_id


def test_what_is_told_is_written_before_the_end(app: Flask, north: int, fork: Callable[[], ScribeProcess]) -> None:
    scribe = fork()
    scribe.begin()
    told = [tell(scribe, Story(north)) for _ in range(10)]

    assert scribe.stop(20) == 0
    calls = [find_call(app, north, each) for each in told]
    assert all(call is not None and call.ended_at is not None for call in calls)


def test_an_engine_that_is_killed_leaves_a_scribe_that_writes_and_the_next_waits_for_it(
    app: Flask, north: int, fork: Callable[[], ScribeProcess]
) -> None:
    stories = [Story(north) for _ in range(20)]
    let_go(app)
    engine = os.fork()
    if not engine:
        scribe = fork()
        scribe.begin()
        for story in stories:
            tell(scribe, story)
        with suppress(RuntimeError):
            # Answered after everything before has been heard.
            scribe.sink.complete(north, "f" * 32, Path("nowhere"), 1.0)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(engine, 0)

    fork().begin()

    assert all(find_call(app, north, each.api_call_id) for each in stories)


def test_a_scribe_that_is_killed_is_noticed_and_what_it_has_not_written_is(
    app: Flask, north: int, fork: Callable[[], ScribeProcess]
) -> None:
    scribe = fork()
    scribe.begin()
    os.kill(scribe.process, signal.SIGKILL)
    told = tell(scribe, Story(north))

    def is_noticed() -> bool:
        try:
            scribe.check()
        except ScribeLost:
            return True
        return False

    until(is_noticed)
    assert scribe.stop(20) == 0
    call = find_call(app, north, told)
    assert call is not None
    assert call.ended_at is not None


def test_a_record_is_taken_over_after_its_call_is_written(
    app: Flask, north: int, fork: Callable[[], ScribeProcess], tmp_path: Path
) -> None:
    scribe, story = fork(), Story(north)
    scribe.begin()
    tell(scribe, story)
    scribe.sink.begin(north, story.api_call_id)
    path = write_wav(tmp_path / "record.wav", 1.0)

    scribe.sink.complete(north, story.api_call_id, path, 1.0)

    assert not path.exists()
    with app.app_context(), transaction(north, writes=False) as session:
        assert session.query(Recording).one().state == RecordingState.READY


def test_a_record_that_cannot_be_taken_over_says_why_and_one_that_comes_after_the_end_stays(
    north: int, fork: Callable[[], ScribeProcess], tmp_path: Path
) -> None:
    scribe = fork()
    scribe.begin()
    with pytest.raises(RuntimeError, match="no call"):
        scribe.sink.complete(north, "f" * 32, write_wav(tmp_path / "record.wav", 1.0), 1.0)

    scribe.sink.close()

    with pytest.raises(SinkClosed):
        scribe.sink.complete(north, "f" * 32, tmp_path / "record.wav", 1.0)
