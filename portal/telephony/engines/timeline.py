"""When things happen: appointments kept in one thread, in real time or in simulated time."""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from portal.kernel import clock
from portal.kernel.ears import Ears, Line

log = logging.getLogger(__name__)

Act: TypeAlias = Callable[[], None]


class Appointment:
    """Something that will be done, unless it is cancelled before (from the timeline's own thread)."""

    __slots__ = ("act", "is_cancelled", "when")

    def __init__(self, when: datetime, act: Act) -> None:
        self.when = when
        self.act = act
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Timeline(Protocol):
    """The switch's clock. Acts run one after another, in the order of their moments, never at the same time."""

    def now(self) -> datetime: ...

    def call_at(self, when: datetime, act: Act) -> Appointment:
        """Do `act` at `when`, at once where that is past. May be called from any thread."""
        ...

    def post(self, act: Act) -> None:
        """Do `act` as soon as possible, after what was posted before. May be called from any thread."""
        ...


class _Agenda:
    """Appointments by their due moment (any seconds that grow); equal moments in the order of their making."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Appointment]] = []
        self._made = 0

    def add(self, due: float, appointment: Appointment) -> None:
        self._made += 1
        heapq.heappush(self._heap, (due, self._made, appointment))

    def next_due(self) -> float | None:
        while self._heap and self._heap[0][2].is_cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Appointment:
        return heapq.heappop(self._heap)[2]


class SimulatedTimeline:
    """Time that stands still until it is run: deterministic, in the caller's thread. An act's error is raised."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start
        self._agenda = _Agenda()

    def now(self) -> datetime:
        return self._now

    def call_at(self, when: datetime, act: Act) -> Appointment:
        appointment = Appointment(max(when, self._now), act)
        self._agenda.add((appointment.when - self._start).total_seconds(), appointment)
        return appointment

    def post(self, act: Act) -> None:
        self.call_at(self._now, act)

    def run(self) -> None:
        """Go on until nothing is left to do."""
        while self._agenda.next_due() is not None:
            self._step()

    def advance(self, seconds: float) -> None:
        """Let this much time pass."""
        until = self._now + timedelta(seconds=seconds)
        last = (until - self._start).total_seconds()
        while (due := self._agenda.next_due()) is not None and due <= last:
            self._step()
        self._now = until

    def _step(self) -> None:
        appointment = self._agenda.pop()
        self._now = appointment.when
        appointment.act()


class RealTimeline:
    """The clock of the machine, kept by one thread between `start` and `stop`, which hears sockets meanwhile.

    Waiting is measured by the monotonic clock, so that a wall clock that is set does not move a ring. An
    act's error is logged and the next act goes on. What is heard in this thread needs no hand-over to it: under load
    each of those costs several changes of the thread that Python lets run, and milliseconds of waiting.
    """

    _ears: Ears

    def __init__(self, name: str = "switch") -> None:
        self._agenda = _Agenda()
        self._posted: deque[Act] = deque()
        self._ahead: deque[Act] = deque()
        self._is_asleep = self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._ears = Ears()
        self._thread.start()

    def stop(self) -> None:
        """End after what has been posted up to now; appointments that are still to come are not kept."""
        self.post(self._finish)
        self._thread.join()

    def now(self) -> datetime:
        return clock.now()

    def call_at(self, when: datetime, act: Act) -> Appointment:
        due, appointment = clock.monotonic() + (when - clock.now()).total_seconds(), Appointment(when, act)
        if threading.get_ident() == self._thread.ident:
            self._agenda.add(due, appointment)
        else:
            self.post(lambda: self._agenda.add(due, appointment))
        return appointment

    def post(self, act: Act) -> None:
        self._posted.append(act)
        self._wake()

    def post_ahead(self, act: Act) -> None:
        """Do `act` before what waits of `post`: somebody hears nothing until it is done."""
        self._ahead.append(act)
        self._wake()

    def watch(self, line: Line, heard: Act) -> None:
        """Do `heard` whenever there is something to read. From the timeline's own thread, as `unwatch`."""
        self._ears.watch(line, heard)

    def unwatch(self, line: Line) -> None:
        """No longer; to be said before it is closed, and without harm more than once."""
        self._ears.unwatch(line)

    def _wake(self) -> None:
        # After the act is there: who falls asleep says so first, and then looks whether anything is.
        if self._is_asleep:
            self._ears.ring()

    def _finish(self) -> None:
        self._is_stopping = True

    def _run(self) -> None:
        while not self._is_stopping:
            for _ in range(len(self._ahead) + len(self._posted)):
                self._do((self._ahead or self._posted).popleft())
            while (due := self._agenda.next_due()) is not None and due <= clock.monotonic():
                self._do(self._agenda.pop().act)
            for heard in self._sleep():
                self._do(heard)
        self._ears.close()

    def _sleep(self) -> list[Act]:
        self._is_asleep = True
        due = self._agenda.next_due()
        left = None if due is None else max(0.0, due - clock.monotonic())
        heard = self._ears.hear(0 if self._ahead or self._posted or self._is_stopping else left)
        self._is_asleep = False
        return heard

    def _do(self, act: Act) -> None:
        if self._is_stopping:
            return
        try:
            act()
        except Exception:
            log.exception("an act of the switch failed")
