"""Pages by key, never by offset: a cursor names the row after which the page begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after (or, going back, before) the row with this sort key."""

    key: tuple[int, ...]
    backwards: bool = False

    def encode(self) -> str:
        """Opaque text for a URL."""
        raw = json.dumps([int(self.backwards), *self.key], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, parts: int) -> Cursor | None:
        """The cursor, or None for anything that we did not write (a page then begins at the start)."""
        try:
            values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, binascii.Error):
            return None
        if not isinstance(values, list) or len(values) != parts + 1 or not all(type(v) is int for v in values):
            return None
        if values[0] not in (0, 1) or any(abs(v) >= 1 << 63 for v in values):
            return None
        return cls(tuple(values[1:]), bool(values[0]))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursors (as URL text) of the pages before and after them."""

    rows: Sequence[T]
    next: str | None
    previous: str | None
