"""Plugin: a test talks to this machine only. Anything else is refused at the socket and fails the test.

An audit hook sees what Python connects to, however it came there; it cannot be taken off again, which is the point.
"""

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest

refused: list[str] = []
_is_on = False


class OutsideAddressError(OSError):
    """A test tried to leave the machine."""


def is_loopback(host: str | bytes | None) -> bool:
    """Whether a host, by name or address, is this machine; no name but localhost is looked up."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_numeric(host: str | bytes) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _is_on or not event.startswith("socket."):
        return
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        # A Unix socket's address is a path; a connected socket sends to None.
        if isinstance(address, tuple) and not is_loopback(address[0]):
            _refuse(f"{event} {address}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
        # To read a written address asks nobody.
        if not is_loopback(host) and not _is_numeric(host):
            _refuse(f"{event} {host}")


def _refuse(attempt: str) -> None:
    refused.append(attempt)
    raise OutsideAddressError(f"{attempt}: tests reach 127.0.0.1 only; start a tests.support.receiver.Receiver there")


def pytest_configure() -> None:
    global _is_on  # noqa: PLW0603 -- a hook cannot be removed, so it must be told
    if not _is_on:
        sys.addaudithook(_watch)
    _is_on = True


def pytest_unconfigure() -> None:
    global _is_on  # noqa: PLW0603 -- as above
    _is_on = False


@pytest.fixture(autouse=True)
def no_way_out() -> Iterator[None]:
    """Fails the test in whose time something tried to leave, even where the attempt was caught."""
    yield
    attempts = refused.copy()
    refused.clear()
    assert not attempts, f"tried to leave this machine: {attempts}"


@pytest.fixture
def refusals() -> Iterator[list[str]]:
    """For the few tests that mean to try: the attempts, forgiven at the end."""
    yield refused
    refused.clear()
