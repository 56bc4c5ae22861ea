"""What Asterisk tells: a WebSocket that is read in the loop of whoever listens, and made anew when it broke."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import urlencode

import structlog
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from portal.kernel.clock import monotonic
from portal.kernel.config.asterisk import AsteriskSettings
from portal.kernel.http import Loop, Stream
from portal.telephony.engines.asterisk.ari import Ari, AriAway, authorization

log = structlog.get_logger(__name__)

Heard: TypeAlias = Callable[[str], None]
"""Told an event's text as soon as it comes, in the loop's thread."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_PING_SECONDS, _SILENT_SECONDS = 5.0, 15.0
_LONGEST_MESSAGE = 8 * 1024 * 1024
_OPEN_SECONDS = 5.0
_TEXT = (Opcode.TEXT, Opcode.CONT)


class Feed:
    """The events of one application, from `start` to `stop`. Callbacks come in the loop's thread and must not wait.

    `opened` is told each time that events come again, `lost` when they no longer do. Asterisk keeps nothing for who is
    away: what happened in between must be asked for. A thread of its own connects, and does nothing while events come.
    """

    def __init__(
        self,
        settings: AsteriskSettings,
        ari: Ari,
        loop: Loop,
        *,
        opened: Callable[[], None],
        heard: Heard,
        lost: Callable[[], None],
    ) -> None:
        base = settings.url.replace("http", "ws", 1)
        self._url = f"{base}/ari/events?{urlencode({'app': settings.app, 'subscribeAll': 'false'})}"
        self._authorization = authorization(settings)
        self._ari, self._loop = ari, loop
        self._opened, self._heard, self._lost = opened, heard, lost
        self._is_stopping, self._is_over = threading.Event(), threading.Event()
        self._link: _Link | None = None
        self._thread = threading.Thread(target=self._run, name="ari events", daemon=True)

    def start(self) -> None:
        """Begins to connect; until that succeeds, tries again and again."""
        self._thread.start()

    def stop(self) -> None:
        """Hears nothing any more. While the loop goes on, and not from its thread."""
        self._is_stopping.set()
        self.hang_up()
        self._thread.join()

    def hang_up(self) -> None:
        """Break this connection; a new one is made after a pause. From any thread."""
        self._loop.post(lambda: self._end(ConnectionError("we have hung up")))

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        said = ""
        while not self._is_stopping.is_set():
            try:
                link = _Link.open(self._ari, self._url, self._authorization)
                pause, said = _FIRST_PAUSE, ""
                self._follow(link)
            except (AriAway, OSError, WebSocketException) as error:
                reason = _reason(error)
                if reason != said and not self._is_stopping.is_set():
                    log.warning("asterisk_away", reason=reason)
                said = reason
            self._is_stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _follow(self, link: _Link) -> None:
        """Until it broke: raises why."""
        self._is_over.clear()
        self._loop.post(lambda: self._begin(link))
        while not self._is_over.wait(_PING_SECONDS):
            self._loop.post(lambda: self._try(link.ping))
        if link.fault is not None:
            raise link.fault

    def _begin(self, link: _Link) -> None:
        self._link = link
        self._opened()
        self._loop.watch(link.stream.line, lambda: self._try(lambda: self._read(link)))
        # Something may have come together with the answer to our greeting.
        self._try(lambda: self._read(link))
        if self._is_stopping.is_set():
            # It was meant for a link that was not there yet.
            self._end(ConnectionError("we have hung up"))

    def _read(self, link: _Link) -> None:
        for text in link.texts():
            self._heard(text)

    def _try(self, act: Callable[[], None]) -> None:
        if self._link is None:
            return
        try:
            act()
        except (OSError, WebSocketException) as error:
            self._end(error)

    def _end(self, fault: Exception) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.fault = fault
            self._loop.unwatch(link.stream.line)
            link.stream.hang_up()
            self._lost()
            self._is_over.set()


class _Link:
    """One connection, greeted in a thread that may wait. What raises OSError or WebSocketException is its end."""

    def __init__(self, stream: Stream, protocol: ClientProtocol) -> None:
        self.stream = stream
        self.fault: Exception | None = None
        self._protocol = protocol
        self._heard_at = monotonic()
        self._pieces: list[bytes | bytearray | memoryview] = []

    @classmethod
    def open(cls, ari: Ari, url: str, authorization: str) -> _Link:
        """Raises `AriAway` too."""
        link = cls(ari.stream(), ClientProtocol(parse_uri(url), max_size=_LONGEST_MESSAGE))
        try:
            link._greet(authorization)
        except BaseException:
            link.stream.hang_up()
            raise
        return link

    def texts(self) -> Iterator[str]:
        """What has come, without waiting for more."""
        yield from self._whole()
        while (come := self.stream.come()) is not None:
            self._take(come)
            yield from self._whole()

    def ping(self) -> None:
        """To be done now and then: is it still there?"""
        if monotonic() - self._heard_at > _SILENT_SECONDS:
            raise TimeoutError("it is silent")
        self._protocol.send_ping(b"portal")
        self._say()

    def _greet(self, authorization: str) -> None:
        request = self._protocol.connect()
        request.headers.update({"Authorization": authorization})
        self._protocol.send_request(request)
        self._say()
        while self._protocol.state is State.CONNECTING:
            self._take(self.stream.wait(_OPEN_SECONDS))
            if self._protocol.handshake_exc is not None:
                raise self._protocol.handshake_exc

    def _take(self, come: bytes) -> None:
        self._heard_at = monotonic()
        self._protocol.receive_data(come)
        if self._protocol.parser_exc is not None:
            raise self._protocol.parser_exc
        self._say()

    def _say(self) -> None:
        """What the protocol wants said: a greeting, a pong."""
        if said := b"".join(self._protocol.data_to_send()):
            self.stream.say(said)

    def _whole(self) -> Iterator[str]:
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode in _TEXT:
                self._pieces.append(frame.data)
                if frame.fin:
                    text, self._pieces = b"".join(self._pieces).decode(), []
                    yield text


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        return f"it answered {error.response.status_code}"
    return str(error) or type(error).__name__
