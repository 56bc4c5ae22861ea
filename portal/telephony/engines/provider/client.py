"""Asking a provider: `get_calls`, `get_record`, `outcome`, each within a deadline, with the key where it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from urllib.parse import urlencode, urljoin, urlsplit

from portal.kernel.clock import to_unix
from portal.kernel.http import Door, Exchange, Failed, Request, ServiceTrouble, Trouble, retry_after
from portal.telephony.engines.provider.wire import (
    CALL_ID,
    CALLEE,
    CALLER,
    BadTelling,
    CallList,
    read_list,
    read_outcome,
)

LIST_SECONDS = 20.0
ORDER_SECONDS = 4.0
RECORD_SECONDS = 120.0
LIST_BYTES = 8 * 1024 * 1024
RECORD_BYTES = 512 * 1024 * 1024
MOST_PAGES = 2000
_NEXT = re.compile(r'<([^<>\s]+)>\s*;[^,]*\brel="?next"?')
_API = "/api.php/telephony"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API is and how to get in; `is_bearer`: the key goes as a header, else in the query as it did first."""

    url: str
    key: str
    is_bearer: bool = False


def api_url(typed: str) -> str:
    """The API's address from what a person typed: the provider's site, or the API itself."""
    url = typed.strip().split("?")[0].rstrip("/")
    return url if urlsplit(url).path.endswith("/telephony") else url + _API


class Client:
    """One account at one provider. Thread-safe."""

    def __init__(self, door: Door, access: Access) -> None:
        self._door = door
        self._access = access

    def calls(self, *, since: datetime | None = None, upstream_id: str | None = None) -> Iterator[CallList]:
        """The pages of `get_calls`, newest first. Raises `ServiceTrouble`."""
        asked = {"from": str(to_unix(since))} if since else {}
        url: str | None = self._url("get_calls", asked | ({CALL_ID: upstream_id} if upstream_id else {}))
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) == MOST_PAGES:
                raise ServiceTrouble(Trouble.NONSENSE, "its pages have no end")
            seen.add(url)
            exchange = self._send(Request("GET", url, self._headers(), can_repeat=True), LIST_SECONDS, LIST_BYTES)
            try:
                found = read_list(exchange.body, is_cut=exchange.is_cut)
            except BadTelling as error:
                raise ServiceTrouble(Trouble.NONSENSE, str(error)) from None
            yield found
            url = None if found.fault else self._next(url, exchange)

    def check(self) -> int:
        """Asks for one call, to see whether URL and key serve; answers how many came. Raises `ServiceTrouble`."""
        request = Request("GET", self._url("get_calls", {"limit": "1"}), self._headers(), can_repeat=True)
        exchange = self._send(request, LIST_SECONDS, LIST_BYTES)
        try:
            return len(read_list(exchange.body, is_cut=exchange.is_cut).calls)
        except BadTelling as error:
            raise ServiceTrouble(Trouble.NONSENSE, str(error)) from None

    def order(self, caller: str, callee: str, request_id: str) -> str:
        """Places a call; answers the provider's id. The same `request_id` again places no second one."""
        url = self._url("outcome", {CALLER: caller, CALLEE: callee})
        request = Request("GET", url, {**self._headers(), "Idempotency-Key": request_id})
        try:
            return read_outcome(self._send(request, ORDER_SECONDS, 64 * 1024).body)
        except BadTelling as error:
            raise ServiceTrouble(Trouble.NONSENSE, str(error)) from None

    def record(self, upstream_id: str, file: BinaryIO) -> str:
        """Writes a record into `file`; answers its media type. Raises `ServiceTrouble`."""
        request = Request("GET", self._url("get_record", {CALL_ID: upstream_id}), self._headers(), can_repeat=True)
        try:
            exchange = self._door.fetch(request, file, deadline_seconds=RECORD_SECONDS, body_cap=RECORD_BYTES)
        except Failed as failure:
            raise ServiceTrouble.of(failure) from None
        _refuse(exchange)
        headers = {name.lower(): value for name, value in exchange.headers}
        length = headers.get("content-length", "")
        if exchange.is_cut or (length.isdecimal() and int(length) != file.tell()):
            raise ServiceTrouble(Trouble.SILENT, "the record was cut off")
        return headers.get("content-type", "").split(";")[0].strip().lower()

    def _send(self, request: Request, seconds: float, cap: int) -> Exchange:
        try:
            exchange = self._door.send(request, deadline_seconds=seconds, body_cap=cap)
        except Failed as failure:
            partial = failure.partial
            if partial is None or partial.status != 200 or not partial.body:
                raise ServiceTrouble.of(failure) from None
            # What came before the line broke is true.
            exchange = partial
        _refuse(exchange)
        return exchange

    def _url(self, call: str, asked: Mapping[str, str]) -> str:
        key = {} if self._access.is_bearer else {"abonent_api_key": self._access.key}
        query = urlencode({**key, **asked}, safe="/")
        return f"{self._access.url}/{call}" + (f"?{query}" if query else "")

    def _headers(self) -> dict[str, str]:
        accept = {"Accept": "application/json"}
        return accept | ({"Authorization": f"Bearer {self._access.key}"} if self._access.is_bearer else {})

    def _next(self, url: str, exchange: Exchange) -> str | None:
        """The next page, where it stays at the provider: the key goes nowhere else."""
        links = ", ".join(value for name, value in exchange.headers if name.lower() == "link")
        found = _NEXT.search(links)
        if found is None:
            return None
        there = urljoin(url, found[1])
        if urlsplit(there)[:2] != urlsplit(url)[:2]:
            raise ServiceTrouble(Trouble.NONSENSE, "its next page is on another host")
        if not self._access.is_bearer and "abonent_api_key=" not in there:
            there += ("&" if "?" in there else "?") + urlencode({"abonent_api_key": self._access.key})
        return there


def _refuse(exchange: Exchange) -> None:
    status = exchange.status
    if 200 <= status < 300:
        return
    words = f"HTTP {status}"
    if status == 401:
        raise ServiceTrouble(Trouble.KEY_REFUSED, words)
    if status == 403:
        raise ServiceTrouble(Trouble.FORBIDDEN, words)
    if status == 404:
        raise ServiceTrouble(Trouble.NOT_FOUND, words)
    if status == 409:
        raise ServiceTrouble(Trouble.NOT_YET, words, retry_after(exchange))
    if status == 429:
        raise ServiceTrouble(Trouble.TOO_MANY, words, retry_after(exchange))
    if 400 <= status < 500:
        raise ServiceTrouble(Trouble.REFUSED, words)
    raise ServiceTrouble(Trouble.FAULT if status >= 500 else Trouble.NONSENSE, words, retry_after(exchange))
