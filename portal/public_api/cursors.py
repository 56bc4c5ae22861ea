"""Cursors of `get_calls`: where the next page begins, in a text that only we can write and only its account may use."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from portal.kernel.clock import from_microseconds, to_microseconds
from portal.kernel.paging import Cursor
from portal.kernel.secrets import Vault

_SIGNATURE_LENGTH = 22
"""Figures of 4 bits: nobody guesses one."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a call stands in the order: its start, its row."""

    started_at: datetime
    row_id: int


def write_cursor(vault: Vault, account_id: int, place: Place) -> str:
    """The place as opaque text for a URL."""
    text = Cursor((to_microseconds(place.started_at), place.row_id)).encode()
    return f"{text}.{_signature(vault, account_id, text)}"


def read_cursor(vault: Vault, account_id: int, written: str) -> Place | None:
    """The place that a cursor names, or None for anything that we did not write for this account."""
    text, _, signature = written.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(vault, account_id, text).encode()):
        return None
    cursor = Cursor.decode(text, parts=2)
    if cursor is None:
        return None
    return Place(from_microseconds(cursor.key[0]), cursor.key[1])


def _signature(vault: Vault, account_id: int, text: str) -> str:
    return vault.lookup_hash(f"calls-cursor\0{account_id}\0{text}")[:_SIGNATURE_LENGTH]
