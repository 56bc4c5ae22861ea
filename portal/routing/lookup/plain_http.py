"""The plain HTTP lookup: a GET with the number to a URL of the admin's, answered by JSON or a line of text."""

from __future__ import annotations

import json
from typing import Any

from portal.kernel.http import Door, DoorError, Failed, Request, UrlRefused
from portal.routing.lookup.protocol import LookupFailed, Named

_BODY_BYTES = 16 * 1024
_LONGEST_NAME = 200
_KEYS = ("sip_account", "sip", "crm_user", "user", "name")
"""Where a JSON object may name the CRM user; the first that is there counts."""


class HttpLookup:
    """See `CallerLookup`. The number stands where the URL says `{number}` (the called one at `{line}`), else it is
    added to the query as `number` and `line`.
    """

    def __init__(self, door: Door, url: str) -> None:
        self._door = door
        self._url = url

    def ask(self, number: str, did: str, *, seconds: float) -> Named | None:
        request = Request(
            "GET", url_for_caller(self._url, number, did), {"Accept": "application/json, text/plain"}, can_repeat=True
        )
        try:
            exchange = self._door.send(request, deadline_seconds=seconds, body_cap=_BODY_BYTES)
        except UrlRefused as refusal:
            raise LookupFailed(f"URL refused: {refusal.reason.value}") from None
        except Failed as failure:
            raise LookupFailed(failure.kind.value) from None
        except DoorError:
            raise LookupFailed("not sent") from None
        if exchange.status in (204, 404):
            return None
        if not 200 <= exchange.status < 300:
            raise LookupFailed(f"HTTP {exchange.status}")
        if exchange.is_cut:
            raise LookupFailed("too long")
        return read_answer(exchange.body)


def url_for_caller(url: str, number: str, did: str) -> str:
    """The URL with both numbers in it."""
    if "{number}" in url:
        return url.replace("{number}", number).replace("{line}", did)
    return f"{url}{'&' if '?' in url else '?'}number={number}&line={did}"


def read_answer(body: bytes) -> Named | None:
    """What the body names; None for nobody: nothing, `null`, `{}`, `""`. Raises `LookupFailed`."""
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise LookupFailed("not UTF-8") from None
    if text[:1] in ("{", "[", '"') or text == "null":
        try:
            return _named(json.loads(text))
        except (ValueError, RecursionError):
            raise LookupFailed("broken JSON") from None
    if text.startswith("<"):
        raise LookupFailed("HTML instead of an answer")
    return _named(text.splitlines()[0] if text else None)


def _named(answer: Any) -> Named | None:
    if isinstance(answer, dict):
        answer = next((answer[key] for key in _KEYS if answer.get(key)), None)
    if answer is None or answer == "":
        return None
    if not isinstance(answer, str):
        raise LookupFailed("JSON of another shape")
    name = " ".join(answer.split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise LookupFailed("a name that cannot be one")
    return Named(name) if name else None
