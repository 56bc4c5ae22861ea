"""Domain events: a lower room tells what happened, higher rooms write their rows in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app

E = TypeVar("E")


class EventBus:
    """Synchronous delivery in order of subscription. A handler that raises undoes the whole transaction."""

    def __init__(self) -> None:
        self._handlers: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, event: type[E], handler: Callable[[E], None]) -> None:
        """From now on `handler` is called with each published `event`."""
        self._handlers[event].append(handler)

    def publish(self, event: object) -> None:
        """Calls each handler of the event's own type before returning."""
        for handler in self._handlers[type(event)]:
            handler(event)


def publish(event: object) -> None:
    """Publishes on the bus of the present app."""
    bus: EventBus = current_app.extensions["portal.events"]
    bus.publish(event)
