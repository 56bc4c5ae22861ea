"""What an engine has told its scribe: on the way, and of calls what is not written yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from portal.kernel.clock import monotonic
from portal.telephony.engine import CallChange, Presence
from portal.telephony.scribe.letters import End, Noted, PhonesSeen

_REST_SECONDS = 0.1
"""What is no milestone rests for so long: more of the kind is mostly close behind, and goes along."""
_PHONES_REST_SECONDS = 0.25
"""How phones are is written for all of them together."""
_PHONES = ""
"""Stands for the phones among what rests; no call has this id."""


class Outbox:
    """Thread-safe, and never keeps who puts waiting. Of a call, and of a phone, only the latest counts."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._order: deque[object] = deque()
        """Letters; a call's id stands for its latest."""
        self._unsent: set[str] = set()
        self._resting: dict[str, float] = {}
        """What is to be sent at that moment (monotonic seconds) or before: calls by their ids, and the phones."""
        self._unwritten: dict[str, Noted] = {}
        self._phones: dict[int, dict[str, Presence]] = {}

    def put(self, letter: object) -> None:
        """To be sent after what was put before, though facts without a milestone may come a little later."""
        with self._changed:
            if isinstance(letter, Noted):
                self._note(letter)
            elif isinstance(letter, PhonesSeen):
                self._phones.setdefault(letter.account_id, {}).update(letter.presences)
                self._rest(_PHONES, _PHONES_REST_SECONDS)
            else:
                if isinstance(letter, End):
                    self._wake_all()
                self._order.append(letter)
            self._changed.notify()

    def next(self) -> list[object]:
        """All that is to be sent by now; waits for it."""
        with self._changed:
            while True:
                self._wake_due()
                if letters := [letter for each in self._order if (letter := self._letter(each)) is not None]:
                    self._order.clear()
                    return letters
                self._order.clear()
                due = min(self._resting.values(), default=None)
                self._changed.wait(None if due is None else max(0.0, due - monotonic()))

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
            self._rest(api_call_id, _REST_SECONDS)
        else:
            self._wake(api_call_id)

    def _letter(self, waiting: object) -> object:
        """What stands for itself, or a call's latest; None where that is written already."""
        if not isinstance(waiting, str):
            return waiting
        self._unsent.discard(waiting)
        return self._unwritten.get(waiting)

    def _rest(self, what: str, seconds: float) -> None:
        self._resting.setdefault(what, monotonic() + seconds)

    def _wake_due(self) -> None:
        moment = monotonic()
        for each in [each for each, due in self._resting.items() if due <= moment]:
            self._wake(each)

    def _wake_all(self) -> None:
        for each in tuple(self._resting):
            self._wake(each)

    def _wake(self, what: str) -> None:
        self._resting.pop(what, None)
        if what == _PHONES:
            self._order.extend(PhonesSeen(*each) for each in self._phones.items())
            self._phones = {}
        else:
            self._unsent.add(what)
            self._order.append(what)
