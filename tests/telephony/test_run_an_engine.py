import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.calls.journal import Journal
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.recordings.models import Recording, RecordingState
from portal.recordings.sink import Sink
from portal.routing.models import HuntStrategy
from portal.routing.planner import Planner
from portal.routing.queries import new_contact_group
from portal.telephony.engine import CallChange, CallOutcome, CallSnapshot, LegResult, Presence
from portal.telephony.errors import SwitchInUse
from portal.telephony.models import OrderKind, OrderState, SwitchLife, SwitchOrder
from portal.telephony.queries import find_sip_line
from portal.telephony.runner import EngineProcess
from portal.telephony.services import place_test_call
from tests.calls.factory import Story
from tests.people import Cast
from tests.telephony.exchange import (
    CLIENT,
    IGOR,
    LINE,
    OLGA,
    behave,
    engine,
    find_call,
    finished,
    last_life,
    until,
    wire,
)


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    wire(app, cast.north)
    return cast.north


class Stubborn:
    """A journal whose database is locked at first."""

    def __init__(self, app: Flask, failures: int) -> None:
        self._journal = Journal(app)
        self._failures = failures
        self.written: list[tuple[str, int]] = []

    def open_calls(self, switch: str) -> Sequence[CallSnapshot]:
        return self._journal.open_calls(switch)

    def record_all(self, notes: Sequence[tuple[CallSnapshot, CallChange]]) -> None:
        for call, change in notes:
            self.record(call, change)

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        if self._failures:
            self._failures -= 1
            raise OperationalError("insert", {}, Exception("database is locked"))
        self._journal.record(call, change)
        self.written.append((call.api_call_id, call.version))


def presence_of(app: Flask, account_id: int, address: str) -> str:
    with app.app_context(), transaction(account_id, writes=False):
        line = find_sip_line(address)
        assert line is not None
        return line.presence


def engine_program(app: Flask, tmp_path: Path) -> subprocess.Popen[str]:
    """`portal engine` as a process of its own, in real time."""
    settings = app.extensions["portal.settings"]
    environ = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATA": str(settings.data),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
    }
    program = Path(sys.executable).with_name("portal")
    return subprocess.Popen([program, "engine"], env=environ, stderr=subprocess.PIPE, text=True, cwd=tmp_path)


@pytest.fixture
def first_engine(app: Flask, north: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An engine in a process of its own, that has begun."""
    with engine_program(app, tmp_path) as process:

        def has_begun() -> bool:
            assert process.poll() is None, process.communicate()[1]
            return last_life(app) is not None

        try:
            until(has_begun)
            yield process
        finally:
            process.kill()


def test_a_call_rings_in_the_order_set_and_is_written_with_its_legs_and_record(app: Flask, north: int) -> None:
    behave(app, north, OLGA, "no_answer")
    with app.app_context(), transaction(north):
        new_contact_group().ring_seconds = 10

    with engine(app), app.app_context():
        call_id = place_test_call(north, caller=CLIENT, did=LINE)
        call = finished(app, north, call_id)
        until(lambda: recorded(app, call))

    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [
        (OLGA, LegResult.NO_ANSWER),
        (IGOR, LegResult.ANSWERED),
    ]
    assert call.has_recording


def recorded(app: Flask, call: CallRecord) -> bool:
    with app.app_context(), transaction(call.account_id, writes=False) as session:
        found = session.query(Recording).where(Recording.call_id == call.id).one_or_none()
        return found is not None and found.state == RecordingState.READY


def test_the_switch_follows_the_strategy_from_the_next_call_on(app: Flask, north: int) -> None:
    with engine(app), app.app_context():
        first = finished(app, north, place_test_call(north, caller=CLIENT))
        with transaction(north):
            new_contact_group().strategy = HuntStrategy.LONGEST_IDLE
        second = finished(app, north, place_test_call(north, caller=CLIENT))

    assert [first.callee, second.callee] == [OLGA, IGOR]


def test_phones_are_seen_as_they_are(app: Flask, north: int) -> None:
    behave(app, north, OLGA, "no_answer")
    behave(app, north, IGOR, "offline")

    with engine(app, speed=1), app.app_context():
        until(lambda: presence_of(app, north, OLGA) == Presence.ONLINE)
        assert presence_of(app, north, IGOR) == Presence.OFFLINE
        place_test_call(north, caller=CLIENT)
        until(lambda: presence_of(app, north, OLGA) == Presence.RINGING)
        behave(app, north, IGOR, "answers")
        until(lambda: presence_of(app, north, IGOR) == Presence.ONLINE)


def test_a_journal_that_is_locked_for_a_while_loses_nothing_and_keeps_the_order(app: Flask, north: int) -> None:
    journal = Stubborn(app, failures=4)

    with engine(app, journal), app.app_context():
        call_id = place_test_call(north, caller=CLIENT)
        finished(app, north, call_id)

    call = find_call(app, north, call_id)
    versions = [version for written_id, version in journal.written if written_id == call_id]
    # What has waited is told by the latest of it.
    assert versions == sorted(set(versions))
    assert call is not None
    assert versions[-1] == call.version
    assert [leg.result for leg in call.legs] == [LegResult.ANSWERED] * 2


def test_an_engine_that_is_stopped_ends_its_calls(app: Flask, north: int) -> None:
    behave(app, north, OLGA, "no_answer")
    with engine(app, speed=1), app.app_context():
        call_id = place_test_call(north, caller=CLIENT)
        until(lambda: find_call(app, north, call_id))

    call = find_call(app, north, call_id)
    assert call is not None
    assert call.outcome == CallOutcome.INTERRUPTED


def test_a_killed_engine_leaves_no_call_open_after_the_next_start(
    app: Flask, north: int, first_engine: subprocess.Popen[str]
) -> None:
    behave(app, north, OLGA, "answers", after=(0, 0))

    def talks() -> CallRecord | None:
        call = find_call(app, north, call_id)
        return call if call is not None and call.answered_at is not None else None

    with app.app_context():
        call_id = place_test_call(north, caller=CLIENT)
    until(talks)
    first_engine.kill()
    first_engine.wait()

    with engine(app):
        call = finished(app, north, call_id)

    assert call.outcome == CallOutcome.ANSWERED
    assert call.talk_seconds is not None
    assert call.talk_seconds < 20


def test_who_decides_goes_before_who_writes(first_engine: subprocess.Popen[str]) -> None:
    scribe = int(subprocess.check_output(["pgrep", "-P", str(first_engine.pid)]))
    ours, decides, writes = (os.getpriority(os.PRIO_PROCESS, each) for each in (0, first_engine.pid, scribe))
    may_be_first = subprocess.run([sys.executable, "-c", "import os; os.nice(-1)"], check=False, capture_output=True)

    assert writes == ours + 5
    assert decides == (ours if may_be_first.returncode else ours - 5)


def test_a_call_left_open_ended_with_the_last_sign_of_life(app: Flask, north: int) -> None:
    died = now() - timedelta(hours=9)
    story = Story(north, started_at=died - timedelta(seconds=40), answered_after=10)
    Journal(app).record(story.answered(), CallChange.ANSWERED)
    with app.app_context(), transaction() as session:
        session.add(SwitchLife(switch="main", started_at=died - timedelta(days=1), seen_at=died))

    with engine(app):
        call = finished(app, north, story.api_call_id)

    assert call.ended_at == died
    assert call.talk_seconds == 30


def test_an_order_that_nobody_waits_for_any_more_is_not_carried_out(app: Flask, north: int) -> None:
    with app.app_context(), transaction(north) as session:
        session.add(
            SwitchOrder(
                switch="main",
                kind=OrderKind.INCOMING,
                api_call_id="a" * 32,
                arguments={"caller": CLIENT, "did": LINE},
                created_at=now() - timedelta(seconds=11),
            )
        )

    with engine(app):
        until(lambda: order_state(app, north) != OrderState.NEW)

    assert order_state(app, north) == OrderState.EXPIRED
    assert find_call(app, north, "a" * 32) is None


def order_state(app: Flask, account_id: int) -> str:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.query(SwitchOrder).one().state


def test_a_second_engine_of_the_same_switch_says_so_and_ends(
    app: Flask, first_engine: subprocess.Popen[str], tmp_path: Path
) -> None:
    with engine_program(app, tmp_path) as second:
        _out, said = second.communicate()

    assert second.returncode != 0
    assert 'The switch "main" is driven by another "portal engine" already' in said
    assert "Traceback" not in said
    assert first_engine.poll() is None


def test_a_switch_is_free_again_when_its_engine_has_ended(app: Flask, north: int) -> None:
    process = EngineProcess(app, planner=Planner(app), journal=Journal(app), sink=Sink(app))
    with engine(app), pytest.raises(SwitchInUse):
        process.run(threading.Event())

    ended = threading.Event()
    ended.set()
    EngineProcess(app, planner=Planner(app), journal=Journal(app), sink=Sink(app)).run(ended)
