"""Several processes as one tree: started together, restarted when one dies, ended by one Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

import structlog

from portal.kernel.config import SettingsError
from portal.server.garbage import look_seldom

log = structlog.get_logger(__name__)

_GRACE_SECONDS = 12.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a part that died is started again; doubled while it dies young."""
_YOUNG = 30.0
_STEP = 0.1


class ProcessTree:
    """Forked children of this process, each running one function until a signal."""

    def __init__(self, parts: Mapping[str, Callable[[], None]]) -> None:
        self._parts = dict(parts)
        self._children: dict[int, str] = {}
        self._started: dict[str, float] = {}
        self._pause: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._is_ending = False

    def start(self) -> None:
        """Starts every part; from now on SIGINT and SIGTERM end the tree."""
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGTERM, self._end)
        look_seldom()
        for name in self._parts:
            self._fork(name)

    def watch(self) -> None:
        """Returns when the tree has ended. A part that dies before is started again."""
        while not self._is_ending:
            self._reap()
            for name in [name for name, due in self._due.items() if due <= time.monotonic()]:
                del self._due[name]
                self._fork(name)
            time.sleep(_STEP)
        self._finish()

    def _fork(self, name: str) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._started[name] = time.monotonic()
        parent = os.getpid()
        child = os.fork()
        if child:
            self._children[child] = name
            return
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
            self._parts[name]()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except SettingsError as error:
            log.error("part_refused", part=name, reason=str(error))  # noqa: TRY400 -- a setting needs no trace
        except BaseException:
            log.exception("part_failed", part=name)
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        name = self._children.pop(child, None)
        if name is None or self._is_ending:
            return
        is_young = time.monotonic() - self._started[name] < _YOUNG
        pause = min(self._pause.get(name, _SHORTEST_PAUSE / 2) * 2, _LONGEST_PAUSE) if is_young else _SHORTEST_PAUSE
        self._pause[name] = pause
        self._due[name] = time.monotonic() + pause
        log.warning("part_ended", part=name, status=os.waitstatus_to_exitcode(status), starts_again_in=pause)

    def _end(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_ending = True

    def _finish(self) -> None:
        for child in self._children:
            _tell(child, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._children and time.monotonic() < deadline:
            self._reap()
            time.sleep(_STEP)
        for child in list(self._children):
            _tell(child, signal.SIGKILL)
            os.waitpid(child, 0)
        self._children.clear()


def _tell(child: int, what: signal.Signals) -> None:
    try:
        os.kill(child, what)
    except ProcessLookupError:
        return


def _end_with(parent: int) -> None:
    """A child must not outlive a parent that was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def until_told(run: Callable[[threading.Event], None]) -> None:
    """Runs a part whose loop watches an event; SIGTERM and SIGINT set it."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, end)
    run(stop)
