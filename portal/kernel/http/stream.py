"""A connection on which the other side talks for hours: dialled by the door, read without an end in sight."""

from __future__ import annotations

import socket
import ssl

from portal.kernel.http.connections import CheckedConnection

_PIECE_BYTES = 64 * 1024


class Stream:
    """Made by `StandingLine.stream`. Its methods raise OSError, and ConnectionError at the end."""

    def __init__(self, connection: CheckedConnection) -> None:
        self._connection, self._line = connection, connection.line

    @property
    def line(self) -> socket.socket:
        """For a loop to watch."""
        return self._line

    def wait(self, seconds: float) -> bytes:
        """What comes next, within that time."""
        self._line.settimeout(seconds)
        return _something(self._line.recv(_PIECE_BYTES))

    def come(self) -> bytes | None:
        """What has come, a piece of it; None where nothing has."""
        self._line.settimeout(0)
        try:
            return _something(self._line.recv(_PIECE_BYTES))
        except (BlockingIOError, ssl.SSLWantReadError):
            return None

    def say(self, data: bytes) -> None:
        """Little, and now: it fits into any buffer that is being read."""
        if self._line.send_now(data) < len(data):
            raise ConnectionError("it takes nothing")

    def hang_up(self) -> None:
        """Not to be watched any more."""
        self._connection.hang_up()


def _something(data: bytes) -> bytes:
    if not data:
        raise ConnectionError("it has hung up")
    return data
