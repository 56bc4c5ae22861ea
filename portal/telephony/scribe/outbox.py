"""What an engine has told its scribe: on the way, and of calls what is not written yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from portal.kernel.clock import monotonic
from portal.telephony.engine import CallChange
from portal.telephony.scribe.letters import End, Noted

_REST_SECONDS = 0.1
"""What is no milestone rests for so long: more of the kind is mostly close behind, and goes along."""


class Outbox:
    """Thread-safe, and never keeps who puts waiting. Of a call only the latest counts: a newer takes its place."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._order: deque[object] = deque()
        """Letters; a call's id stands for its latest."""
        self._unsent: set[str] = set()
        self._resting: dict[str, float] = {}
        """Calls that are to be sent at that moment (monotonic seconds) or before, the first due first."""
        self._unwritten: dict[str, Noted] = {}

    def put(self, letter: object) -> None:
        """To be sent after what was put before, though facts without a milestone may come a little later."""
        with self._changed:
            if isinstance(letter, Noted):
                self._note(letter)
            else:
                if isinstance(letter, End):
                    self._wake_all()
                self._order.append(letter)
            self._changed.notify()

    def next(self) -> object:
        """The next letter to be sent; waits for it."""
        with self._changed:
            while not self._order:
                due = next(iter(self._resting.values()), None)
                if due is not None and due <= monotonic():
                    self._wake(next(iter(self._resting)))
                else:
                    self._changed.wait(None if due is None else due - monotonic())
            letter = self._order.popleft()
            if isinstance(letter, str):
                self._unsent.discard(letter)
                return self._unwritten.get(letter)
            return letter

    def has_written(self, api_call_id: str, version: int) -> None:
        """The scribe has it: kept no longer, unless there is something newer."""
        with self._changed:
            kept = self._unwritten.get(api_call_id)
            if kept is not None and kept.call.version <= version:
                del self._unwritten[api_call_id]

    def unwritten(self) -> Sequence[Noted]:
        """The calls of which something is not written, the oldest news first."""
        with self._changed:
            return list(self._unwritten.values())

    def _note(self, letter: Noted) -> None:
        api_call_id = letter.call.api_call_id
        self._unwritten[api_call_id] = letter
        if api_call_id in self._unsent:
            return
        if letter.change is CallChange.LEGS:
            self._resting.setdefault(api_call_id, monotonic() + _REST_SECONDS)
        else:
            self._resting.pop(api_call_id, None)
            self._unsent.add(api_call_id)
            self._order.append(api_call_id)

    def _wake(self, api_call_id: str) -> None:
        del self._resting[api_call_id]
        self._unsent.add(api_call_id)
        self._order.append(api_call_id)

    def _wake_all(self) -> None:
        for api_call_id in tuple(self._resting):
            self._wake(api_call_id)
