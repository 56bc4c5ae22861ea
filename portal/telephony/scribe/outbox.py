"""What an engine has told its scribe: on the way, and of calls what is not written yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from portal.telephony.scribe.letters import Noted


class Outbox:
    """Thread-safe, and never keeps who puts waiting. Of a call only the latest counts: a newer takes its place."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._order: deque[object] = deque()
        """Letters; a call's id stands for its latest."""
        self._unsent: set[str] = set()
        self._unwritten: dict[str, Noted] = {}

    def put(self, letter: object) -> None:
        """To be sent after what was put before."""
        with self._changed:
            if isinstance(letter, Noted):
                api_call_id = letter.call.api_call_id
                self._unwritten[api_call_id] = letter
                if api_call_id in self._unsent:
                    return
                self._unsent.add(api_call_id)
                letter = api_call_id
            self._order.append(letter)
            self._changed.notify()

    def next(self) -> object:
        """The next letter to be sent; waits for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._order)
            letter = self._order.popleft()
            if isinstance(letter, str):
                self._unsent.discard(letter)
                return self._unwritten.get(letter)
            return letter

    def has_written(self, api_call_id: str, version: int) -> None:
        """The scribe has it: kept no longer, unless there is something newer."""
        with self._changed:
            kept = self._unwritten.get(api_call_id)
            if kept is not None and kept.call.version <= version and api_call_id not in self._unsent:
                del self._unwritten[api_call_id]

    def unwritten(self) -> Sequence[Noted]:
        """The calls of which something is not written, the oldest news first."""
        with self._changed:
            return list(self._unwritten.values())
