"""From a name to a connected socket that keeps the deadline of its exchange."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache
from typing import Any

from portal.kernel.http.addresses import Address
from portal.kernel.http.errors import NameUnknown
from portal.kernel.http.journey import Journey

# Texts of the addresses of a name, the preferred one first. Raises OSError where there is none.
Lookup = Callable[[str], Sequence[str]]

_NAMES_KEPT = 1024
_LOOKUPS_AT_ONCE = 64


def system_lookup(name: str) -> Sequence[str]:
    """The operating system's answer: hosts file, search domains and DNS as on this machine."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Resolver:
    """Looks names up under a deadline.

    getaddrinfo knows no timeout (a dead DNS server holds it for half a minute), so that it runs in a thread of its own,
    which may be left behind: a daemon, one per name however many ask, and not more than 64 in all. Answers are kept for
    a few seconds, since the system keeps none; whether their addresses may be dialled the caller asks each time.
    """

    def __init__(self, lookup: Lookup = system_lookup, keep_seconds: float = 10.0) -> None:
        self._lookup = lookup
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, tuple[Address, ...]]] = OrderedDict()
        self._running: dict[str, Future[tuple[Address, ...]]] = {}

    def kept(self, name: str) -> tuple[Address, ...] | None:
        """A recent answer, without asking anybody."""
        with self._lock:
            expires, addresses = self._kept.get(name, (0.0, ()))
        return addresses if time.monotonic() < expires else None

    def addresses(self, name: str, seconds: float) -> tuple[Address, ...]:
        """All addresses of a name. Raises NameUnknown, or TimeoutError after so many seconds."""
        return self._begin(name).result(timeout=seconds)

    def forget(self, name: str) -> None:
        """None of the addresses answered: the next one who asks shall have a fresh answer."""
        with self._lock:
            self._kept.pop(name, None)

    def _begin(self, name: str) -> Future[tuple[Address, ...]]:
        with self._lock:
            future = self._running.get(name)
            if future is not None:
                return future
            if len(self._running) >= _LOOKUPS_AT_ONCE:
                raise NameUnknown("too many names are being looked up")
            future = self._running[name] = Future()
        try:
            threading.Thread(target=self._run, args=(name, future), name=f"lookup {name}", daemon=True).start()
        except RuntimeError:  # no thread to be had
            self._end(name, ())
            raise NameUnknown("no thread to look a name up") from None
        return future

    def _run(self, name: str, future: Future[tuple[Address, ...]]) -> None:
        try:
            addresses = tuple(ipaddress.ip_address(text) for text in self._lookup(name))
        except (OSError, ValueError) as error:
            self._end(name, ())
            future.set_exception(NameUnknown(getattr(error, "strerror", None) or "the name does not resolve"))
        else:
            self._end(name, addresses)
            if addresses:
                future.set_result(addresses)
            else:
                future.set_exception(NameUnknown("the name has no address"))

    def _end(self, name: str, addresses: tuple[Address, ...]) -> None:
        with self._lock:
            del self._running[name]
            if addresses:
                self._kept[name] = (time.monotonic() + self._keep_seconds, addresses)
                self._kept.move_to_end(name)
            while len(self._kept) > _NAMES_KEPT:
                self._kept.popitem(last=False)


class TimedSocket(socket.socket):
    """A socket each of whose reads and writes may take no longer than its exchange has left.

    A socket's own timeout is for one read: with 1 s, a receiver that sends a byte every 0.9 s held a sender for ever.
    """

    journey: Journey

    def recv_into(self, buffer: Any, nbytes: int | None = 0, flags: int = 0) -> int:
        self.settimeout(self.journey.remaining())
        count = super().recv_into(buffer, nbytes or 0, flags)
        self.journey.took(count)
        return count

    def recv_now(self, buffer: Any) -> int:
        """What there is, on a socket that does not wait. Raises BlockingIOError, or SSLWantReadError."""
        count = super().recv_into(buffer)
        self.journey.took(count)
        return count

    def send_now(self, data: Any) -> int:
        """As much as goes out without waiting."""
        return super().send(data)

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.journey.remaining())
        return super().send(data, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.journey.remaining())
        super().sendall(data, flags)


class TimedTlsSocket(TimedSocket, ssl.SSLSocket):
    """The same over TLS: a context's `sslsocket_class`. Its `sendall` goes through `send`, piece by piece."""

    def getpeername(self) -> Any:
        """Python asks before the handshake. A peer that has reset by then it takes for one that is not connected yet:
        it leaves the handshake out, or forgets to close the socket. Here it is the end.
        """
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "closed before the handshake") from None


@cache
def tls_context(*ca_files: str) -> ssl.SSLContext:
    """Verifies name and chain against the certificates of these files; TLS 1.2 or newer; nothing from the environment.

    One for all doors, since reading the public certificates takes 20 ms; connections only read it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TimedTlsSocket
    context.set_alpn_protocols(["http/1.1"])
    for path in ca_files:
        context.load_verify_locations(cafile=path)
    return context


def dial(address: Address, port: int, journey: Journey, connect_seconds: float) -> TimedSocket:
    """A connection to exactly this address. Raises OSError, of which TimeoutError."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    sock = TimedSocket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(min(connect_seconds, journey.remaining()))
        sock.connect((str(address), port))
        # The TLS handshake keeps to this one as a whole.
        sock.settimeout(journey.remaining())
    except BaseException:
        sock.close()
        raise
    sock.journey = journey
    return sock


def shake_hands(sock: TimedSocket, context: ssl.SSLContext, name: str) -> TimedSocket:
    """TLS over a connection, the peer's certificate proved to be this name's. Raises OSError, mostly ssl.SSLError."""
    try:
        secured = context.wrap_socket(sock, server_hostname=name)
    except BaseException:
        sock.close()
        raise
    if not isinstance(secured, TimedTlsSocket):
        raise TypeError("not a context of tls_context")
    secured.journey = sock.journey
    return secured
