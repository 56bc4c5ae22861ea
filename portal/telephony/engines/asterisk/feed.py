"""What Asterisk tells: a thread of its own that reads the WebSocket, queues, and connects again when it broke."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlencode

import structlog
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from portal.kernel.config.asterisk import AsteriskSettings
from portal.telephony.engines.asterisk.ari import authorization

log = structlog.get_logger(__name__)

Heard: TypeAlias = Callable[[str], None]
"""Told an event's text as soon as it comes, in the feed's thread."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_PING_SECONDS, _PONG_SECONDS = 5.0, 10.0
_LONGEST_MESSAGE = 8 * 1024 * 1024
_OPEN_SECONDS = 5.0


class Feed:
    """The events of one application, from `start` to `stop`. Callbacks come in the feed's thread and must not wait.

    `opened` is told each time that events come again, `lost` when they no longer do. Asterisk keeps nothing for who is
    away: what happened in between must be asked for.
    """

    def __init__(
        self, settings: AsteriskSettings, *, opened: Callable[[], None], heard: Heard, lost: Callable[[], None]
    ) -> None:
        base = settings.url.replace("http", "ws", 1)
        self._url = f"{base}/ari/events?{urlencode({'app': settings.app, 'subscribeAll': 'false'})}"
        self._authorization = authorization(settings)
        self._opened, self._heard, self._lost = opened, heard, lost
        self._is_stopping = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name="ari events", daemon=True)

    def start(self) -> None:
        """Begins to connect; until that succeeds, tries again and again."""
        self._thread.start()

    def stop(self) -> None:
        """Hears nothing any more."""
        self._is_stopping.set()
        connection = self._connection
        if connection is not None:
            connection.close()
        self._thread.join()

    def hang_up(self) -> None:
        """Break this connection; a new one is made after a pause. From any thread but the feed's own."""
        connection = self._connection
        if connection is not None:
            connection.close()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        said = ""
        while not self._is_stopping.is_set():
            try:
                with self._connect() as self._connection:
                    pause, said = _FIRST_PAUSE, ""
                    self._read(self._connection)
            except (OSError, WebSocketException) as error:
                reason = _reason(error)
                if reason != said:
                    log.warning("asterisk_away", reason=reason)
                said = reason
            self._connection = None
            self._is_stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _connect(self) -> ClientConnection:
        return connect(
            self._url,
            additional_headers={"Authorization": self._authorization},
            # Nothing comes from the environment; an Asterisk of the inside is never behind a proxy of the outside.
            proxy=None,
            compression=None,
            open_timeout=_OPEN_SECONDS,
            close_timeout=1.0,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PONG_SECONDS,
            max_size=_LONGEST_MESSAGE,
            max_queue=None,
        )

    def _read(self, connection: ClientConnection) -> None:
        self._opened()
        try:
            for message in connection:
                if isinstance(message, str):
                    self._heard(message)
        finally:
            self._lost()


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        return f"it answered {error.response.status_code}"
    return str(error) or type(error).__name__
