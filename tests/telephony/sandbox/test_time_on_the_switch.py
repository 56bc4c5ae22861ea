import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from portal.telephony.engines.timeline import RealTimeline, SimulatedTimeline
from tests.telephony.sandbox.room import START


@pytest.fixture(name="real")
def _real() -> Iterator[RealTimeline]:
    timeline = RealTimeline()
    timeline.start()
    yield timeline
    timeline.stop()


def test_simulated_time_runs_by_the_moments_and_then_by_the_order_of_making() -> None:
    timeline = SimulatedTimeline(START)
    done: list[tuple[str, float]] = []

    def act(name: str) -> None:
        done.append((name, (timeline.now() - START).total_seconds()))

    for name, seconds in (("late", 9), ("first", 2), ("second", 2), ("past", -5)):
        timeline.call_at(START + timedelta(seconds=seconds), partial(act, name))
    timeline.call_at(START + timedelta(seconds=3), lambda: act("cancelled")).cancel()
    timeline.advance(5)
    assert done == [("past", 0), ("first", 2), ("second", 2)]
    assert timeline.now() == START + timedelta(seconds=5)
    timeline.run()
    assert done[-1] == ("late", 9)


def test_real_time_does_what_is_due_in_order_in_one_thread(real: RealTimeline) -> None:
    done: list[tuple[str, int]] = []
    is_over = threading.Event()

    def act(name: str) -> None:
        done.append((name, threading.get_ident()))

    now = real.now()
    real.call_at(now + timedelta(milliseconds=40), is_over.set)
    real.call_at(now + timedelta(milliseconds=20), lambda: act("second"))
    real.call_at(now + timedelta(milliseconds=10), lambda: act("first"))
    real.call_at(now + timedelta(milliseconds=30), lambda: act("cancelled")).cancel()
    assert is_over.wait(10)
    assert [name for name, _thread in done] == ["first", "second"]
    assert len({thread for _name, thread in done} | {threading.get_ident()}) == 2


def test_who_waits_on_the_line_goes_ahead_of_what_was_posted_before(real: RealTimeline) -> None:
    done: list[str] = []
    is_over = threading.Event()

    def post_all() -> None:
        for name in ("news", "more news"):
            real.post(partial(done.append, name))
        for name in ("arrival", "plan"):
            real.post_ahead(partial(done.append, name))
        real.post(is_over.set)

    real.post(post_all)
    assert is_over.wait(10)
    assert done == ["arrival", "plan", "news", "more news"]


def test_an_act_that_fails_does_not_end_real_time(real: RealTimeline, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    is_over = threading.Event()

    def fail() -> None:
        raise LookupError("lost")

    real.post(fail)
    real.post(is_over.set)
    assert is_over.wait(10)
    assert "lost" in caplog.text


def test_many_threads_may_post(real: RealTimeline) -> None:
    done: list[int] = []
    is_over = threading.Event()

    def act() -> None:
        done.append(1)
        if len(done) == 800:
            is_over.set()

    def post_many() -> None:
        for _ in range(100):
            real.post(act)

    threads = [threading.Thread(target=post_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_over.wait(10)
