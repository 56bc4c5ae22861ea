from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from portal.kernel.http import Door


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of this room ever dials another machine, whatever goes wrong in the code under test."""
    connect = socket.socket.connect

    def guarded(sock: socket.socket, address: Any) -> None:
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            assert ipaddress.ip_address(address[0]).is_loopback, f"a test dialled {address[0]}"
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def door() -> Iterator[Door]:
    """A door whose operator allowed loopback."""
    with Door(allow=[ipaddress.ip_network("127.0.0.0/8")], connect_seconds=0.5) as door:
        yield door
