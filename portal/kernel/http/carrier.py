"""requests' transport adapter of the door: one prepared request over one checked connection."""

from __future__ import annotations

import ssl
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.response import HTTPResponse

from portal.kernel.http.addresses import Address, AddressPolicy
from portal.kernel.http.connections import CheckedConnection, KeptConnections, Route
from portal.kernel.http.dial import Resolver
from portal.kernel.http.errors import AddressRefused
from portal.kernel.http.journey import Journey, Stage
from portal.kernel.http.outgoing import Outgoing
from portal.kernel.http.target import CheckedUrl


class Carrier(BaseAdapter):
    """Finds or makes the connection, writes, and reads the head of the answer. Thread-safe."""

    def __init__(
        self,
        policy: AddressPolicy,
        resolver: Resolver,
        kept: KeptConnections,
        context: ssl.SSLContext,
        connect_seconds: float,
    ) -> None:
        super().__init__()
        self._policy = policy
        self._resolver = resolver
        self._kept = kept
        self._context = context
        self._connect_seconds = connect_seconds

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """The answer, its body not yet read; `release` comes afterwards.

        A kept connection that breaks before any byte of an answer came is replaced by a new one, once. The receiver may
        have read the first request, acted on it and died before it answered, so this can deliver twice. A request with
        `can_repeat` allows exactly that: a webhook is promised at least once, its failed attempt would be repeated by
        the schedule anyhow, and the same `webhook-id` in both lets the receiver drop the second. Every other request
        goes over a connection of its own and is written once.
        """
        if not isinstance(request, Outgoing):
            raise TypeError("only a request whose URL was checked goes out")
        connection = self.reach(request.target, request.journey, is_reuse_allowed=request.can_repeat)
        is_reused = request.journey.peer is not None and request.journey.peer.is_reused
        try:
            raw = self._exchange(connection, request)
        except (ConnectionError, ssl.SSLEOFError):
            if not is_reused or request.journey.received:
                raise
            connection = self.reach(request.target, request.journey, is_reuse_allowed=False)
            raw = self._exchange(connection, request)
        request.connection = connection
        return _response(request, raw)

    def reach(self, url: CheckedUrl, journey: Journey, *, is_reuse_allowed: bool) -> CheckedConnection:
        """A connection to a checked address of this URL's host, the addresses tried in turn.

        Raises AddressRefused, NameUnknown, or OSError of the last address.
        """
        routes = [Route(url.scheme, url.host, url.port, address) for address in self.addresses(url, journey)]
        for route in routes if is_reuse_allowed else []:
            kept = self._kept.take(route)
            if kept is not None:
                kept.resume(journey)
                return kept
        failure: OSError = OSError("no address")
        for route in routes:
            connection = CheckedConnection(route, journey, self._context, self._connect_seconds)
            try:
                connection.open()
            except BaseException as error:
                connection.hang_up()
                if not isinstance(error, OSError) or journey.stage is not Stage.CONNECT:
                    raise
                failure = error
            else:
                return connection
        self._resolver.forget(url.host)
        raise failure

    def addresses(self, url: CheckedUrl, journey: Journey) -> tuple[Address, ...]:
        """All addresses of the host, each of which may be dialled: one that may not refuses them all.

        A name that has both is either a mistake or an attempt, and trying the good one only would hide which.
        """
        found = (url.literal,) if url.literal is not None else self._resolver.kept(url.host)
        if found is None:
            journey.enter(Stage.DNS)
            found = self._resolver.addresses(url.host, journey.remaining())
            journey.leave()
        if not all(self._policy.is_allowed(address) for address in found):
            raise AddressRefused
        return found

    def release(self, request: Outgoing, *, is_complete: bool) -> None:
        """The answer was read, or nobody wants the rest of it."""
        connection, request.connection = request.connection, None
        if connection is None:
            return
        if is_complete and connection.sock is not None:
            self._kept.keep(connection)
        else:
            connection.hang_up()

    def close(self) -> None:
        """Close the connections that wait for another exchange."""
        self._kept.close()

    @staticmethod
    def _exchange(connection: CheckedConnection, request: Outgoing) -> HTTPResponse:
        try:
            return connection.exchange(
                request.method or "", request.target.target, request.plain_headers, request.payload
            )
        except BaseException:
            connection.hang_up()
            raise


def _response(request: Outgoing, raw: HTTPResponse) -> Response:
    response = Response()
    response.status_code = raw.status
    response.reason = raw.reason or ""
    response.headers = CaseInsensitiveDict(raw.headers)
    response.url = request.target.url
    response.request = request
    response.raw = raw
    return response
