"""Who waits for whom: a caller waits for a decision, and what is written waits for the caller."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Haste:
    """Lets decisions go before everything that can wait. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._going_on = 0

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Somebody waits for what is done meanwhile."""
        with self._changed:
            self._going_on += 1
        try:
            yield
        finally:
            with self._changed:
                self._going_on -= 1
                self._changed.notify_all()

    def give_way(self, seconds: float) -> None:
        """Comes back when nobody waits for a decision, and after so long at the latest."""
        with self._changed:
            self._changed.wait_for(lambda: not self._going_on, seconds)
