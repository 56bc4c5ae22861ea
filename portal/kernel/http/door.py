"""The one way out."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import BinaryIO, Self

import certifi
from requests import Response

from portal.kernel.http.addresses import AddressPolicy, Network
from portal.kernel.http.carrier import Carrier
from portal.kernel.http.connections import KeptConnections
from portal.kernel.http.dial import Lookup, Resolver, system_lookup, tls_context
from portal.kernel.http.errors import AddressRefused, NameUnknown, UrlReason, UrlRefused
from portal.kernel.http.exchange import EXPECTED, failed, read_answer, write_answer
from portal.kernel.http.journey import Journey
from portal.kernel.http.message import Exchange, Reached, Request
from portal.kernel.http.outgoing import Outgoing
from portal.kernel.http.standing import StandingLine
from portal.kernel.http.target import CheckedUrl, check_url

BODY_BYTES = 32 * 1024
# RFC 9110, 4.1: every party should be able to take 8000 octets.
_LONGEST_URL = 8000
_LONGEST_SAVED_URL = 2048


class Door:
    """Sends requests to addresses that are public or named in `allow`, and to no others. Thread-safe; one per process.

    Nothing comes from the environment: no proxy, no netrc, no certificates. No redirect is followed, no cookie kept.
    `ca_file` names certificates that are trusted besides the public ones. `connect_seconds` is for each address of a
    name, within the deadline of the exchange; `idle_seconds` is how long a connection waits for the next exchange.
    `allow=127.0.0.0/8` does not cover the name `localhost`, which on most machines is `::1` too.
    """

    def __init__(
        self,
        allow: Iterable[Network] = (),
        *,
        is_https_only: bool = False,
        connect_seconds: float = 3.0,
        idle_seconds: float = 20.0,
        idle_connections: int = 256,
        user_agent: str = "Portal",
        ca_file: str | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._policy = AddressPolicy(allow)
        self._is_https_only = is_https_only
        self._user_agent = user_agent
        self._idle_seconds = idle_seconds
        self._standing: list[StandingLine] = []
        self._carrier = Carrier(
            self._policy,
            Resolver(lookup),
            KeptConnections(idle_connections, idle_seconds),
            tls_context(certifi.where(), *([ca_file] if ca_file else [])),
            connect_seconds,
        )

    def check_url(self, url: str, *, max_length: int = _LONGEST_SAVED_URL) -> CheckedUrl:
        """Judge a URL by its text alone, which asks nobody. Raises UrlRefused with the reason."""
        return check_url(url, self._policy, max_length=max_length, is_https_only=self._is_https_only)

    def check_host(self, url: CheckedUrl, *, deadline_seconds: float = 3.0) -> None:
        """Ask for the addresses of the URL's host now, as a friendly word at saving; sending asks again.

        Raises UrlRefused: ADDRESS when any of them may not be dialled, UNRESOLVED when there is none.
        """
        try:
            self._carrier.addresses(url, Journey(deadline_seconds))
        except AddressRefused:
            raise UrlRefused(UrlReason.ADDRESS) from None
        except (NameUnknown, TimeoutError):
            raise UrlRefused(UrlReason.UNRESOLVED) from None

    def send(self, request: Request, *, deadline_seconds: float, body_cap: int = BODY_BYTES) -> Exchange:
        """One exchange, over within `deadline_seconds` whatever the other side does.

        Raises Failed and nothing else for whatever may be wrong with the URL, the name, the network or the receiver.
        """
        return self._exchange(request, deadline_seconds, partial(read_answer, body_cap=body_cap))

    def fetch(self, request: Request, file: BinaryIO, *, deadline_seconds: float, body_cap: int) -> Exchange:
        """As `send`, for a file that is too large to be held: the body of a 2xx is written into `file` as it comes.

        Raises Failed also where there is more than `body_cap`. What `file` raises comes through.
        """
        return self._exchange(request, deadline_seconds, partial(write_answer, file=file, body_cap=body_cap))

    def _exchange(
        self, request: Request, deadline_seconds: float, read: Callable[[Response, Journey], Exchange]
    ) -> Exchange:
        journey = Journey(deadline_seconds)
        try:
            target = self.check_url(request.url, max_length=_LONGEST_URL)
            outgoing = Outgoing(request, target, journey, self._user_agent)
            response = self._carrier.send(outgoing)
        except EXPECTED as error:
            raise failed(error, journey) from error
        is_complete = False
        try:
            exchange = read(response, journey)
            is_complete = not exchange.is_cut and response.raw.isclosed()
        finally:
            self._carrier.release(outgoing, is_complete=is_complete)
        return exchange

    def standing_line(self, base: str, headers: Mapping[str, str]) -> StandingLine:
        """For a server of the operator's own that is asked many times a second; `base` is what each URL begins with."""
        line = StandingLine(lambda: self.check_url(base), headers, self._carrier, self._idle_seconds)
        self._standing.append(line)
        return line

    def check_reachable(self, url: str, *, deadline_seconds: float = 5.0) -> Reached:
        """Resolve, connect, for https shake hands; then hang up. No request is sent, since a GET may have effects.

        What comes back tells among others when the certificate ends. Raises Failed.
        """
        journey = Journey(deadline_seconds)
        try:
            target = self.check_url(url, max_length=_LONGEST_URL)
            connection = self._carrier.reach(target, journey, is_reuse_allowed=False)
        except EXPECTED as error:
            raise failed(error, journey) from error
        phases, peer = journey.phases(), journey.peer
        version, ends_at = _certificate(connection.sock)
        connection.hang_up()
        if peer is None:
            raise RuntimeError("a connection without a peer")
        return Reached(peer, phases, version, ends_at)

    def close(self) -> None:
        """Close the connections that wait for another exchange."""
        self._carrier.close()
        for line in self._standing:
            line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _certificate(sock: object) -> tuple[str | None, datetime | None]:
    if not isinstance(sock, ssl.SSLSocket):
        return None, None
    ends = (sock.getpeercert() or {}).get("notAfter")
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
    return sock.version(), ends_at
