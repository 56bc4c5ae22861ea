"""Live pages: one stream of server-sent events per open page. It carries names of what changed; fragments fetch
themselves again. One thread per process listens to the bells and wakes the streams of the account concerned.
"""

from __future__ import annotations

import queue
import re
import select
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask import Flask, Response, g, request

from portal.kernel import clock
from portal.kernel.bells import Bells, Listener

log = structlog.get_logger(__name__)

_STAMP = re.compile(r"[0-9]{10}\.[0-9]{3}")
_BEAT_SECONDS = 20.0
"""A comment now and then keeps proxies from closing the stream."""
_GLANCE_SECONDS = 1.0
"""How long a stream holds its thread after its page was left."""
_LONGEST_SECONDS = 600.0
"""Then the page asks anew, so that who has signed out or lost an account hears no more of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """One open page's place at the hub."""

    account: int
    user_id: int
    inbox: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)


EVERYTHING = "everything-changed"
"""Told to a page when nobody knows what it missed: it asks for all its parts once."""


class LiveHub:
    """Hands the bells of this process to its open pages."""

    def __init__(self, bells: Bells, limit: int) -> None:
        self._bells = bells
        self._limit = limit
        self._lock = threading.Lock()
        self._readers: list[Reader] = []
        self._thread: threading.Thread | None = None
        self._hears_since = datetime.max.replace(tzinfo=UTC)
        self._heard: dict[tuple[int, str], datetime] = {}

    def join(self, account_id: int, user_id: int, drawn_at: datetime | None = None) -> Reader | None:
        """A place for one page, until it leaves; None when too many are open (the page then does without).

        Nobody takes them all: the person with the most pages gives one up to a person with fewer. What changed since
        the page was begun to be drawn is told at once.
        """
        reader = Reader(account_id, user_id)
        with self._lock:
            if len(self._readers) >= self._limit and not self._make_room(user_id):
                return None
            self._readers.append(reader)
            for name in self._missed(account_id, drawn_at):
                reader.inbox.put(name)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._listen, args=(self._bells.listen(),), daemon=True, name="live"
                )
                self._hears_since = clock.now()
                self._thread.start()
        return reader

    def leave(self, reader: Reader) -> None:
        """The place is free again; twice is no error."""
        with self._lock:
            if reader in self._readers:
                self._readers.remove(reader)

    @staticmethod
    def read(reader: Reader, has_left: Callable[[], bool]) -> Iterator[str]:
        """Event-stream text for this page, until it has left or is to ask anew."""
        silent = 0.0
        end = clock.monotonic() + _LONGEST_SECONDS
        yield ": open\n\n"
        while not has_left() and clock.monotonic() < end:
            try:
                name = reader.inbox.get(timeout=_GLANCE_SECONDS)
            except queue.Empty:
                silent += _GLANCE_SECONDS
                if silent >= _BEAT_SECONDS:
                    silent = 0.0
                    yield ": still here\n\n"
                continue
            if name is None:
                return
            yield f"event: {name}\ndata: \n\n"

    def close(self) -> None:
        """Ends every stream of this process; the pages connect anew to the next one. Safe in a signal handler."""
        for reader in list(self._readers):
            reader.inbox.put(None)

    def _missed(self, account_id: int, drawn_at: datetime | None) -> list[str]:
        if drawn_at is None:
            return []
        if drawn_at < self._hears_since:
            return [EVERYTHING]
        return [name for (account, name), at in self._heard.items() if account == account_id and at >= drawn_at]

    def _make_room(self, user_id: int) -> bool:
        held = Counter(reader.user_id for reader in self._readers)
        greediest, most = held.most_common(1)[0]
        if most <= held[user_id] + 1:
            return False
        oldest = next(reader for reader in self._readers if reader.user_id == greediest)
        self._readers.remove(oldest)
        oldest.inbox.put(None)
        return True

    def _listen(self, listener: Listener) -> None:
        while True:
            for rung in listener.wait(60.0):
                kind, _, rest = rung.partition(":")
                account, _, name = rest.partition(":")
                if kind == "live" and account.isdigit():
                    self._tell(int(account), name)

    def _tell(self, account_id: int, name: str) -> None:
        with self._lock:
            self._heard[account_id, name] = clock.now()
            for reader in self._readers:
                # A slow page needs to know once that something changed, not how often.
                if reader.account == account_id and reader.inbox.qsize() < 16:
                    reader.inbox.put(name)


def init_app(app: Flask, bells: Bells, limit: int) -> None:
    """Opens the hub; the view stands in `accounts`, which knows whose page it is."""
    app.extensions["portal.live"] = LiveHub(bells, limit)


def stamp() -> str:
    """When this request began, for the address of its page's stream: the page may have missed what came since."""
    began = clock.now() - timedelta(seconds=clock.monotonic() - g.began, milliseconds=1)
    return f"{began.timestamp():.3f}"


def read_stamp(text: str) -> datetime | None:
    """The moment that an address names; None for nonsense."""
    return clock.from_unix(float(text)) if _STAMP.fullmatch(text) else None


def answer(hub: LiveHub, account_id: int, user_id: int) -> Response:
    """The stream as a response; 204 tells the page not to ask again."""
    connection = request.environ.get("gunicorn.socket")
    reader = hub.join(account_id, user_id, read_stamp(request.args.get("since", "")))
    if reader is None:
        return Response(status=204)
    stream = hub.read(reader, lambda: connection is not None and _is_closed(connection))
    response = Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    # Not at the stream's own end: the answer to a HEAD never begins it.
    response.call_on_close(lambda: hub.leave(reader))
    return response


def _is_closed(connection: Any) -> bool:
    """Whether the browser has closed its side: it sends nothing more while it reads, so any news is the end."""
    glance = select.poll()
    glance.register(connection, select.POLLIN | select.POLLHUP)
    return bool(glance.poll(0))
