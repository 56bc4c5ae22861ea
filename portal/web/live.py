"""Live pages: one stream of server-sent events per open page. It carries names of what changed; fragments fetch
themselves again. One thread per process listens to the bells and wakes the streams of the account concerned.
"""

from __future__ import annotations

import queue
import select
import threading
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from flask import Flask, Response, request

from portal.kernel.bells import Bells, Listener

log = structlog.get_logger(__name__)

_BEAT_SECONDS = 20.0
"""A comment now and then keeps proxies from closing the stream."""
_GLANCE_SECONDS = 1.0
"""How long a stream holds its thread after its page was left."""


class LiveHub:
    """Hands the bells of this process to its open pages."""

    def __init__(self, bells: Bells, limit: int) -> None:
        self._bells = bells
        self._limit = limit
        self._lock = threading.Lock()
        self._readers: dict[int, set[queue.SimpleQueue[str | None]]] = {}
        self._thread: threading.Thread | None = None

    def stream(self, account_id: int, has_left: Callable[[], bool]) -> Iterator[str] | None:
        """Event-stream text for one page, or None when too many are open (the page then does without)."""
        inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with self._lock:
            if sum(len(readers) for readers in self._readers.values()) >= self._limit:
                return None
            self._readers.setdefault(account_id, set()).add(inbox)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._listen, args=(self._bells.listen(),), daemon=True, name="live"
                )
                self._thread.start()
        return self._read(account_id, inbox, has_left)

    def close(self) -> None:
        """Ends every stream of this process; the pages connect anew to the next one. Safe in a signal handler."""
        for inbox in [inbox for readers in self._readers.values() for inbox in readers]:
            inbox.put(None)

    def _read(
        self, account_id: int, inbox: queue.SimpleQueue[str | None], has_left: Callable[[], bool]
    ) -> Iterator[str]:
        silent = 0.0
        try:
            yield ": open\n\n"
            while not has_left():
                try:
                    name = inbox.get(timeout=_GLANCE_SECONDS)
                except queue.Empty:
                    silent += _GLANCE_SECONDS
                    if silent >= _BEAT_SECONDS:
                        silent = 0.0
                        yield ": still here\n\n"
                    continue
                if name is None:
                    return
                yield f"event: {name}\ndata: \n\n"
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
    connection = request.environ.get("gunicorn.socket")
    stream = hub.stream(account_id, lambda: connection is not None and _is_closed(connection))
    if stream is None:
        return Response(status=204)
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _is_closed(connection: Any) -> bool:
    """Whether the browser has closed its side: it sends nothing more while it reads, so any news is the end."""
    glance = select.poll()
    glance.register(connection, select.POLLIN | select.POLLHUP)
    return bool(glance.poll(0))
