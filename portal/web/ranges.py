"""Byte ranges of a request (RFC 9110, section 14): one range is served, anything else gets the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
_FAR = 18
"""A position of more digits is beyond any file; reading it as a number could take long."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to but not including `stop`; never empty."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """The value of `Content-Range` for a part of `size` bytes."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class RangeNotSatisfiable(Exception):
    """The range asks for nothing that is there."""


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """The part of `size` bytes that a `Range` header asks for; None where the whole is to be sent.

    The whole is sent without a header, and for an unknown unit, several ranges, one that ends before it begins, or
    anything else that the grammar does not know (a server may ignore those). Raises `RangeNotSatisfiable`.
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(1, 2) == ("", ""):
        return None
    first, last = (_position(digits) for digits in match.groups())
    if first is None:
        return _suffix(last or 0, size)
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, size if last is None else min(last + 1, size))


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise RangeNotSatisfiable
    return ByteRange(max(0, size - length), size)


def _position(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _FAR else 10**_FAR
