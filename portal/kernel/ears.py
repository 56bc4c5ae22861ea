"""What a thread hears while it waits."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector
from typing import TypeAlias

Act: TypeAlias = Callable[[], None]
Line: TypeAlias = socket.socket


class Ears:
    """What one thread listens to while it waits: sockets, and a bell that other threads ring."""

    def __init__(self) -> None:
        self._selector = DefaultSelector()
        self._bell, self._rung = socket.socketpair()
        self._bell.setblocking(False)
        self._rung.setblocking(False)
        self.watch(self._rung, self._come_to)

    def watch(self, line: Line, heard: Act) -> None:
        """Do `heard` whenever there is something to read. From the listening thread, as `unwatch`."""
        self._selector.register(line, EVENT_READ, heard)

    def unwatch(self, line: Line) -> None:
        """No longer; without harm more than once."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(line)

    def ring(self) -> None:
        """From any thread; where it is full or closed already, no more is needed."""
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def hear(self, seconds: float | None) -> list[Act]:
        """What is to be done about what can be read; waits so long for it."""
        return [key.data for key, _events in self._selector.select(seconds)]

    def _come_to(self) -> None:
        self._rung.recv(4096)

    def close(self) -> None:
        """Nothing is heard any more."""
        for each in (self._selector, self._bell, self._rung):
            each.close()
