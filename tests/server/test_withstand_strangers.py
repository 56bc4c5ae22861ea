"""What strangers can do to a running installation: to the machine's other users, its threads and its live pages."""

import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.server.processes import PATIENCE_SECONDS
from tests.support.installation import Installation

THREADS = 4
UNFINISHED_HEAD = b"GET /login HTTP/1.1\r\nHost: portal.example\r\nX-More: "
UNFINISHED_BODY = b"POST /login HTTP/1.1\r\nHost: portal.example\r\nContent-Length: 100\r\n\r\nemail="


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A demo with few threads, so that few strangers would hold them all."""
    data = tmp_path_factory.mktemp("demo") / "new"
    with Installation(data, "--calls", "20", "--quiet", PORTAL_WEB_THREADS=str(THREADS)) as running:
        yield running


def connected(demo: Installation, said: bytes) -> socket.socket:
    """A connection on which this has been said."""
    address = urlsplit(demo.url)
    client = socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS)
    client.sendall(said)
    return client


def test_all_that_it_writes_can_be_read_by_its_owner_alone(demo: Installation) -> None:
    """K2, F1: the database, its journal, the secret and every record."""
    written = [demo.data, *demo.data.rglob("*")]

    assert {"portal.db", "secret", "blobs"} <= {path.name for path in written}
    assert [path for path in written if _is_open_to_others(path)] == []


def _is_open_to_others(path: Path) -> bool:
    return bool(path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


@pytest.mark.parametrize("said", [b"", UNFINISHED_HEAD], ids=["nothing", "a part of a head"])
def test_connections_that_say_nothing_whole_keep_nobody_waiting(demo: Installation, said: bytes) -> None:
    """Slowloris: many more of them than there are threads."""
    with ExitStack() as strangers:
        for _ in range(THREADS * 4):
            strangers.enter_context(connected(demo, said))

        assert requests.get(f"{demo.url}/login", timeout=PATIENCE_SECONDS).status_code == 200


def test_a_head_that_never_ends_is_given_up(demo: Installation) -> None:
    with connected(demo, UNFINISHED_HEAD) as stranger:
        assert stranger.recv(1) == b""


def test_a_body_that_never_comes_is_refused_and_its_thread_goes_on(demo: Installation) -> None:
    with connected(demo, UNFINISHED_BODY) as stranger:
        assert stranger.recv(64).startswith(b"HTTP/1.1 400 ")

    assert requests.get(f"{demo.url}/login", timeout=PATIENCE_SECONDS).status_code == 200


def test_a_request_may_come_in_pieces_and_two_in_one(demo: Installation) -> None:
    ask = b"GET /healthz HTTP/1.1\r\nHost: portal.example\r\n"
    with connected(demo, ask[:9]) as client:
        for piece in (ask[9:], b"\r", b"\n" + ask + b"Connection: close\r\n\r\n"):
            client.sendall(piece)
        answers = b"".join(iter(lambda: client.recv(4096), b""))

    assert answers.count(b"HTTP/1.1 200 OK") == 2


def test_what_cannot_be_read_is_answered_with_all_headers(demo: Installation) -> None:
    """W1: gunicorn refuses it before the portal sees it."""
    with connected(demo, b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n") as client:
        head = b"".join(iter(lambda: client.recv(4096), b"")).partition(b"\r\n\r\n")[0].decode()

    assert head.startswith("HTTP/1.1 414 ")
    assert "Content-Security-Policy: default-src 'none'" in head
    assert "X-Content-Type-Options: nosniff" in head
    assert "Cache-Control: no-store" in head
    assert "a" * 100 not in head
