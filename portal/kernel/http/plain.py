"""An answer of HTTP/1.1 as it stands on the wire: what a server that the operator runs himself may say, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPException
from typing import NamedTuple, Protocol

from portal.kernel.http.journey import HEAD_BYTES, TooMuch

_STATUS = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(?: ([^\r\n]*))?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_LONGEST_LINE = 4096
_PIECE_BYTES = 64 * 1024


class Head(NamedTuple):
    """What comes before the body. `length` is None where the body ends with the connection."""

    status: int
    reason: str
    length: int | None
    is_chunked: bool
    stays_open: bool


class Line(Protocol):
    """What a wire reads from."""

    def recv_into(self, buffer: bytearray, /) -> int:
        """As a socket's: 0 at the end. Raises OSError."""
        ...


class Wire:
    """What a connection has said and nobody has read yet. Raises HTTPException for what is not HTTP, and OSError."""

    def __init__(self, line: Line, come: bytes = b"") -> None:
        self._line = line
        self._come = come
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that nobody has asked for."""
        return not self._come

    def head(self) -> Head:
        """The head of the answer. Raises TooMuch where it does not end."""
        while (at := self._come.find(b"\r\n\r\n")) < 0:
            if len(self._come) > HEAD_BYTES:
                raise TooMuch
            self._more()
        head, self._come = self._come[:at], self._come[at + 4 :]
        return _read_head(head)

    def body(self, head: Head, cap: int) -> Iterator[bytes]:
        """The body as it comes. Raises TooMuch beyond `cap` bytes."""
        if head.is_chunked:
            return self._chunks(cap)
        if head.length is None:
            return self._until_closed(cap)
        if head.length > cap:
            raise TooMuch
        return self._exactly(head.length)

    def _exactly(self, left: int) -> Iterator[bytes]:
        while left:
            if not self._come:
                self._more()
            piece, self._come = self._come[:left], self._come[left:]
            left -= len(piece)
            yield piece

    def _chunks(self, left: int) -> Iterator[bytes]:
        while size := self._chunk_size():
            left -= size
            if left < 0:
                raise TooMuch
            yield from self._exactly(size)
            if self._text():
                raise HTTPException("a chunk is longer than it says")
        while self._text():
            """Trailers mean nothing to us."""

    def _until_closed(self, left: int) -> Iterator[bytes]:
        while True:
            left -= len(self._come)
            if left < 0:
                raise TooMuch
            yield self._come
            self._come = self._piece()
            if not self._come:
                return

    def _chunk_size(self) -> int:
        found = _CHUNK.fullmatch(self._text())
        if found is None:
            raise HTTPException("no size of a chunk")
        return int(found[1], 16)

    def _text(self) -> bytes:
        while (at := self._come.find(b"\r\n")) < 0:
            if len(self._come) > _LONGEST_LINE:
                raise TooMuch
            self._more()
        line, self._come = self._come[:at], self._come[at + 2 :]
        return line

    def _more(self) -> None:
        piece = self._piece()
        if not piece:
            raise ConnectionResetError("closed before the answer was whole")
        self._come += piece

    def _piece(self) -> bytes:
        self._buffer = self._buffer or bytearray(_PIECE_BYTES)
        return bytes(self._buffer[: self._line.recv_into(self._buffer)])


def _read_head(head: bytes) -> Head:
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise HTTPException("no answer of HTTP/1.1")
    code = int(status[2])
    if code < 200:
        # Nobody asked for 101 or 103, and the real answer would follow it on this connection.
        raise HTTPException(f"interim answer {code}")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise HTTPException("no header")
        name = found[1].lower()
        headers[name] = headers[name] + b", " + found[2] if name in headers else found[2]
    reason = (status[3] or b"").decode("latin-1")
    coding, connection = (headers.get(name, b"").lower() for name in (b"transfer-encoding", b"connection"))
    stays_open = status[1] == b"1" and connection != b"close"
    return Head(code, reason, _length(code, headers), _is_chunked(coding, headers), stays_open)


def _length(status: int, headers: dict[bytes, bytes]) -> int | None:
    if status in (204, 304):
        return 0
    told = headers.get(b"content-length")
    if told is None:
        return None
    if not told.isdigit() or len(told) > 18:
        raise HTTPException("no length of a body")
    return int(told)


def _is_chunked(coding: bytes, headers: dict[bytes, bytes]) -> bool:
    if not coding:
        return False
    if coding != b"chunked" or b"content-length" in headers:
        raise HTTPException("two ways to tell where the body ends")
    return True
