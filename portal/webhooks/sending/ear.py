"""Hears the bells of one worker, and hands what is offered to it straight to its senders."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask

from portal.kernel.bells import Bells, Listener
from portal.kernel.clock import now
from portal.kernel.steady import SteadyConnection
from portal.webhooks.offers import Offer, heard, listener_of
from portal.webhooks.outbox import BELL
from portal.webhooks.sending.claimed import ClaimedDelivery, offered
from portal.webhooks.sending.hand import Hand
from portal.webhooks.sending.noter import SEES_ALL

log = structlog.get_logger(__name__)

_AGAIN_AFTER = 1.0
_HEARS_STOP_WITHIN = 0.5


@dataclass(frozen=True, slots=True)
class Offered:
    """What was offered: taken by senders, or left to whoever claims it."""

    taken: Sequence[ClaimedDelivery]
    left: Sequence[ClaimedDelivery]


class Ear:
    """A thread that listens until told to stop, and rings on to its worker: where something is to be claimed.

    An offer is read and given to a sender here: it waits neither for the round that runs nor for a turn to write.
    """

    def __init__(self, app: Flask, worker: str, hand: Hand, ring: Callable[[], None]) -> None:
        self._app = app
        self._bells: Bells = app.extensions["portal.bells"]
        self._worker = worker
        self._hand = hand
        self._ring = ring
        self._offered: queue.SimpleQueue[Offered] = queue.SimpleQueue()
        self._is_listening = False

    @property
    def is_listening(self) -> bool:
        """Whether it can be heard of: a worker that is not would be taken for dead, and must hold nothing."""
        return self._is_listening

    def offered(self) -> Iterator[Offered]:
        """What was offered since the last time: known here before a sender has it."""
        while not self._offered.empty():
            yield self._offered.get_nowait()

    def run(self, stop: threading.Event, over: threading.Event) -> None:
        """Bells, and the wish to stop, become news; without bells the polls go on. Until `over` it is known to live."""
        while not stop.is_set():
            try:
                with self._app.app_context():
                    self._listen(stop, over)
            except Exception:
                log.exception("webhook_bell_failed")
                stop.wait(_AGAIN_AFTER)
        self._ring()

    def _listen(self, stop: threading.Event, over: threading.Event) -> None:
        listener = self._bells.listen(listener_of(self._worker))
        steady = SteadyConnection(everything=SEES_ALL, writes=False)
        self._is_listening = True
        # What waits may be claimed from here on.
        self._ring()
        try:
            while not stop.is_set():
                topics = listener.wait(_HEARS_STOP_WITHIN)
                if not stop.is_set() and (offers := heard(topics, self._worker)):
                    self._take(steady, offers)
                if BELL in topics:
                    self._ring()
            self._leave(listener, over)
        finally:
            self._is_listening = False
            listener.close()
            steady.close()

    def _leave(self, listener: Listener, over: threading.Event) -> None:
        """What is in the air lands: it must not be taken for a dead one's, and no more may be offered."""
        self._ring()
        leaving = self._bells.listen(listener_of(self._worker, is_leaving=True))
        try:
            listener.close()
            over.wait()
        finally:
            leaving.close()

    def _take(self, steady: SteadyConnection, offers: Sequence[Offer]) -> None:
        """What cannot be read now, or is no more as it was offered, is due for everybody soon."""
        with steady.transaction() as connection:
            found = [each for offer in offers for each in offered(connection, offer, now())]
        taken, left = self._hand.choose(found)
        self._offered.put(Offered(taken, left))
        self._hand.begin(taken)
        if left:
            self._ring()
