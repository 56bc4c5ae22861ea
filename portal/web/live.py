"""Live pages: one stream of server-sent events per open page. It carries names of what changed; fragments fetch
themselves again. One thread per process listens to the bells and wakes the streams of the account concerned.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import structlog
from flask import Flask, Response

from portal.kernel.bells import Bells, Listener

log = structlog.get_logger(__name__)

_BEAT_SECONDS = 20.0
"""A comment now and then finds out that the reader has gone, and keeps proxies from closing the stream."""


class LiveHub:
    """Hands the bells of this process to its open pages."""

    def __init__(self, bells: Bells, limit: int) -> None:
        self._bells = bells
        self._limit = limit
        self._lock = threading.Lock()
        self._readers: dict[int, set[queue.SimpleQueue[str]]] = {}
        self._thread: threading.Thread | None = None

    def stream(self, account_id: int) -> Iterator[str] | None:
        """Event-stream text for one page, or None when too many are open (the page then does without)."""
        inbox: queue.SimpleQueue[str] = queue.SimpleQueue()
        with self._lock:
            if sum(len(readers) for readers in self._readers.values()) >= self._limit:
                return None
            self._readers.setdefault(account_id, set()).add(inbox)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._listen, args=(self._bells.listen(),), daemon=True, name="live"
                )
                self._thread.start()
        return self._read(account_id, inbox)

    def _read(self, account_id: int, inbox: queue.SimpleQueue[str]) -> Iterator[str]:
        try:
            yield ": open\n\n"
            while True:
                try:
                    yield f"event: {inbox.get(timeout=_BEAT_SECONDS)}\ndata: \n\n"
                except queue.Empty:
                    yield ": still here\n\n"
        finally:
            with self._lock:
                self._readers[account_id].discard(inbox)

    def _listen(self, listener: Listener) -> None:
        while True:
            for rung in listener.wait(60.0):
                kind, _, rest = rung.partition(":")
                account, _, name = rest.partition(":")
                if kind == "live" and account.isdigit():
                    self._tell(int(account), name)

    def _tell(self, account_id: int, name: str) -> None:
        with self._lock:
            for inbox in self._readers.get(account_id, ()):
                # A slow page needs to know once that something changed, not how often.
                if inbox.qsize() < 16:
                    inbox.put(name)


def init_app(app: Flask, bells: Bells, limit: int) -> None:
    """Opens the hub; the view stands in `accounts`, which knows whose page it is."""
    app.extensions["portal.live"] = LiveHub(bells, limit)


def answer(hub: LiveHub, account_id: int) -> Response:
    """The stream as a response; 204 tells the page not to ask again."""
    stream = hub.stream(account_id)
    if stream is None:
        return Response(status=204)
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
