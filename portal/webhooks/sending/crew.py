"""The threads that talk to the receivers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from portal.kernel.clock import now
from portal.kernel.http import Door
from portal.kernel.secrets import Vault
from portal.webhooks.sending import sender
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.finished import Finished
from portal.webhooks.sending.hand import Hand

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Landed:
    """A sender is free again; without `finished` there is nothing to note, and the lease runs out by itself."""

    delivery: ClaimedDelivery
    finished: Finished | None


class Crew:
    """So many senders, each with one delivery of the hand at a time, until the hand is dismissed."""

    def __init__(self, size: int, hand: Hand, *, door: Door, vault: Vault, tell: Callable[[Landed], None]) -> None:
        self._hand = hand
        self._door = door
        self._vault = vault
        self._tell = tell
        self._threads = [threading.Thread(target=self._sends, name=f"webhook-{n}") for n in range(size)]

    def start(self) -> None:
        """Once."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Until all that they had begun has landed; the hand is dismissed before."""
        for thread in self._threads:
            thread.join()

    def _sends(self) -> None:
        while (delivery := self._hand.first()) is not None:
            following: ClaimedDelivery | None = delivery
            while following is not None:
                sent, finished = following, self._sent(following)
                following = self._hand.next_after(following)
                self._tell(Landed(sent, finished))

    def _sent(self, delivery: ClaimedDelivery) -> Finished | None:
        began = now()
        try:
            return sender.send(self._door, self._vault, delivery)
        except Exception as error:
            log.exception("webhook_sender_failed", delivery=delivery.id)
            return sender.broken(delivery, began, error)
