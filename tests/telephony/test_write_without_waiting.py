import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import nullcontext
from dataclasses import replace

import pytest

from portal.telephony.control.commands import Note
from portal.telephony.control.events import CallerGone, Event, LegAnswered, LegRinging, TimerFired
from portal.telephony.engine import CallChange, CallSnapshot
from portal.telephony.scribe.queued import QueuedJournal
from portal.telephony.scribe.write_behind import WriteBehind
from tests.telephony.control.stage import ANN, BEN, incoming, plan, step
from tests.telephony.exchange import until


@pytest.fixture
def queue() -> Iterator[WriteBehind]:
    queue = WriteBehind("writer of a test", nullcontext)
    queue.start()
    yield queue
    queue.stop(5)


def failing(times: int, then: Callable[[], None]) -> Callable[[], None]:
    """A job that fails so many times before it does its work."""
    left = [times]

    def job() -> None:
        if left[0]:
            left[0] -= 1
            raise OSError("not now")
        then()

    return job


def test_jobs_of_one_lane_keep_their_order_though_the_first_fails_at_first(queue: WriteBehind) -> None:
    done: list[int] = []

    queue.put("call", failing(2, lambda: done.append(1)))
    queue.put("call", lambda: done.append(2))
    queue.put("call", lambda: done.append(3)).result(10)

    assert done == [1, 2, 3]


def test_a_lane_that_has_trouble_does_not_keep_the_others_waiting(queue: WriteBehind) -> None:
    done: list[str] = []

    stuck = queue.put("one", failing(3, lambda: done.append("one")))
    queue.put("other", lambda: done.append("other")).result(10)
    stuck.result(10)

    assert done == ["other", "one"]


def test_what_waits_is_written_before_the_end(queue: WriteBehind) -> None:
    done: list[int] = []
    for number in range(100):
        queue.put(f"lane {number % 7}", lambda number=number: done.append(number))  # type: ignore[misc]

    assert queue.stop(10) == 0
    assert sorted(done) == list(range(100))


def test_a_job_that_waits_for_its_next_try_is_tried_once_more_at_the_end(queue: WriteBehind) -> None:
    tried = threading.Event()
    done: list[int] = []

    def hard() -> None:
        if not tried.is_set():
            tried.set()
            raise OSError("not now")
        done.append(1)

    queue.put("call", hard)
    tried.wait(10)

    assert queue.stop(10) == 0
    assert done == [1]


def test_what_could_not_be_written_is_counted_and_nobody_waits_for_it() -> None:
    queue = WriteBehind("writer of a test", nullcontext)
    queue.start()
    never = queue.put("call", failing(1_000, lambda: None))
    behind = queue.put("call", lambda: None)

    assert queue.stop(0.5) == 2
    for future in (never, behind, queue.put("call", lambda: None)):
        with pytest.raises(CancelledError):
            future.result(1)


class Pages:
    """A journal that waits until it is let go on, and can fail."""

    def __init__(self) -> None:
        self.written: list[tuple[int, CallChange]] = []
        self.is_reached, self.may_go_on = threading.Event(), threading.Event()
        self.failures = 0
        self.refused: str | None = None
        self.together: list[list[str]] = []

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        self.record_all([(call, change)])

    def record_all(self, notes: Sequence[tuple[CallSnapshot, CallChange]]) -> None:
        self.is_reached.set()
        assert self.may_go_on.wait(10)
        if self.failures:
            self.failures -= 1
            raise OSError("not now")
        if self.refused in [call.api_call_id for call, _change in notes]:
            raise ValueError("this one never")
        self.together.append([call.api_call_id for call, _change in notes])
        self.written += [(call.version, change) for call, change in notes]


def notes(*events: tuple[float, Event]) -> list[Note]:
    stage = incoming(plan(step(ANN), step(BEN)))
    for seconds, event in events:
        stage.at(seconds, event)
    return stage.wanted(Note)


TALK = ((1, LegRinging(2)), (15, TimerFired("ring-1")), (16, LegRinging(3)), (20, LegAnswered(3)), (30, CallerGone()))


@pytest.mark.parametrize("failures", [0, 2])
def test_of_a_call_whose_news_waits_the_latest_is_written(queue: WriteBehind, failures: int) -> None:
    pages = Pages()
    pages.failures = failures
    journal = QueuedJournal(pages, queue)
    first, *later = notes(*TALK)
    journal.record(first.call, first.change)
    assert pages.is_reached.wait(10)
    for note in later:
        journal.record(note.call, note.change)
    pages.may_go_on.set()

    assert queue.stop(10) == 0
    latest = (later[-1].call.version, later[-1].change)
    assert pages.written == ([latest] if failures else [(first.call.version, first.change), latest])


def of_another(note: Note, name: str, account_id: int = 1) -> tuple[CallSnapshot, CallChange]:
    return replace(note.call, api_call_id=name, account_id=account_id), note.change


def test_calls_of_an_account_that_wait_are_written_together_and_no_strangers_among_them(queue: WriteBehind) -> None:
    pages = Pages()
    journal = QueuedJournal(pages, queue)
    first, *later = notes(*TALK)
    journal.record(*of_another(first, "first"))
    assert pages.is_reached.wait(10)
    for number in range(24):
        for note in (first, later[-1]):
            journal.record(*of_another(note, f"{number:02}", account_id=1 + number % 2))
    pages.may_go_on.set()

    assert queue.stop(10) == 0
    of_one, of_other = ([f"{each:02}" for each in range(begin, 24, 2)] for begin in (0, 1))
    assert pages.together == [["first"], of_one[:10], of_other[:10], of_one[10:], of_other[10:]]
    assert pages.written[1:] == [(later[-1].call.version, later[-1].change)] * 24


def test_a_call_that_cannot_be_written_keeps_no_other_from_it(queue: WriteBehind) -> None:
    pages = Pages()
    pages.refused = "03"
    told: list[str] = []
    journal = QueuedJournal(pages, queue, lambda call: told.append(call.api_call_id))
    first, *_ = notes(*TALK)
    journal.record(*of_another(first, "first"))
    assert pages.is_reached.wait(10)
    for number in range(6):
        journal.record(*of_another(first, f"{number:02}"))
    pages.may_go_on.set()
    until(lambda: len(told) == 6)
    assert sorted(told) == ["00", "01", "02", "04", "05", "first"]
    # What is new meanwhile is written together again, and the one alone as soon as it can be.
    pages.refused = None
    until(lambda: "03" in told)

    assert queue.stop(10) == 0
    assert ["03"] in pages.together


def test_how_much_waits_is_known(queue: WriteBehind) -> None:
    is_reached, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        is_reached.set()
        may_go_on.wait(10)

    queue.put("one", hold)
    assert is_reached.wait(10)
    queue.put("one", lambda: None)
    queue.put("other", lambda: None)

    behind = queue.backlog()
    may_go_on.set()

    assert behind.count == 3
    assert queue.stop(10) == 0
    assert queue.backlog().count == 0
