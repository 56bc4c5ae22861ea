from __future__ import annotations

import os
import select
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import trustme

from portal.kernel.http import Door, Failed, FailureKind, Request, Stage
from portal.kernel.http.dial import dial, tls_context
from portal.kernel.http.journey import Journey
from tests.kernel.http.receivers import Receiver, Visit, answering

CA = trustme.CA()


def server(cert: trustme.LeafCert, names: list[str | None] | None = None) -> ssl.SSLContext:
    """A server's side with this certificate; the names asked for by SNI go into `names`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    if names is not None:
        context.sni_callback = lambda _sock, name, _context: names.append(name)
    return context


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A door that trusts the test's own authority, and to which every name is 127.0.0.1."""
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    CA.cert_pem.write_to_path(str(ca_file))
    loopback = [ip_network("127.0.0.0/8")]
    with Door(allow=loopback, ca_file=str(ca_file), lookup=lambda _: ["127.0.0.1"]) as door:
        yield door


def failure(door: Door, url: str, seconds: float = 2) -> Failed:
    with pytest.raises(Failed) as failure:
        door.send(Request("GET", url), deadline_seconds=seconds)
    return failure.value


def test_name_and_certificate_are_those_of_the_url_while_the_address_is_dialled(door: Door) -> None:
    names: list[str | None] = []
    with Receiver(answering(), server(CA.issue_cert("crm.example"), names)) as receiver:
        exchange = door.send(Request("GET", receiver.url("/?a=%7e", "crm.example")), deadline_seconds=5)
        assert receiver.requests[0].startswith(b"GET /?a=%7e HTTP/1.1\r\nHost: crm.example:")
    assert names == ["crm.example"]
    assert (exchange.status, exchange.body, exchange.peer.address) == (200, b"ok", "127.0.0.1")
    assert exchange.phases.tls is not None


def test_a_certificate_for_an_address_is_good_for_the_address(door: Door) -> None:
    with Receiver(answering(), server(CA.issue_cert("127.0.0.1"))) as receiver:
        assert door.send(Request("GET", receiver.url()), deadline_seconds=5).status == 200


def test_a_tls_connection_is_used_again(door: Door) -> None:
    with Receiver(answering(), server(CA.issue_cert("crm.example"))) as receiver:
        request = Request("GET", receiver.url(host="crm.example"), can_repeat=True)
        first, *others = (door.send(request, deadline_seconds=5) for _ in range(3))
        assert receiver.visits == 1
    assert [other.peer.is_reused for other in others] == [True, True]
    assert [other.phases.tls for other in others] == [None, None]
    assert first.phases.tls is not None


@pytest.mark.parametrize(
    ("cert", "expected"),
    [
        pytest.param(CA.issue_cert("other.example"), "Hostname mismatch", id="another name"),
        pytest.param(CA.issue_cert("127.0.0.1"), "Hostname mismatch", id="the address in place of the name"),
        pytest.param(trustme.CA().issue_cert("crm.example"), "unable to get local issuer", id="an unknown authority"),
        pytest.param(
            CA.issue_cert(
                "crm.example", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2020, 2, 1, tzinfo=UTC)
            ),
            "certificate has expired",
            id="expired",
        ),
    ],
)
def test_a_bad_certificate_ends_it_before_anything_is_sent(door: Door, cert: trustme.LeafCert, expected: str) -> None:
    with Receiver(answering(), server(cert)) as receiver:
        failed = failure(door, receiver.url("/?key=SECRET", "crm.example"))
        assert receiver.requests == []
    assert (failed.kind, failed.stage, failed.sent) == (FailureKind.TLS, Stage.TLS, None)
    assert expected in failed.message
    assert "SECRET" not in str(failed)


def test_a_receiver_that_speaks_no_tls(door: Door) -> None:
    with Receiver(lambda visit: visit.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as receiver:
        assert failure(door, receiver.url().replace("http", "https", 1)).kind is FailureKind.TLS


def test_old_tls_is_refused(door: Door) -> None:
    context = server(CA.issue_cert("crm.example"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Receiver(answering(), context) as receiver:
        assert failure(door, receiver.url(host="crm.example")).kind is FailureKind.TLS


def test_a_handshake_that_hangs_keeps_the_deadline(door: Door) -> None:
    with Receiver(Visit.hang) as receiver:
        failed = failure(door, receiver.url().replace("http", "https", 1), seconds=0.3)
    assert (failed.kind, failed.stage) == (FailureKind.TIMEOUT, Stage.TLS)


def test_a_handshake_that_is_cut_off(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.sock.recv(1)
        visit.reset()

    with Receiver(temper) as receiver:
        assert failure(door, receiver.url().replace("http", "https", 1)).kind is FailureKind.TLS


def test_nothing_is_sent_in_the_clear_when_the_handshake_never_begins(door: Door) -> None:
    """Python leaves it out on a connection that was reset before it could begin."""
    with Receiver(Visit.reset) as receiver:
        for _ in range(20):  # the reset arrives while the connection is made, before the handshake, or in it
            failed = failure(door, receiver.url().replace("http", "https", 1))
            assert failed.kind in {FailureKind.CONNECT, FailureKind.TLS}
            assert failed.sent is None


def test_a_connection_that_is_reset_before_the_handshake_is_closed() -> None:
    """Python's own class forgets such a socket: it would be closed by the garbage collector, with a warning."""
    is_connected = threading.Event()

    def temper(visit: Visit) -> None:
        is_connected.wait(5)
        visit.reset()

    with Receiver(temper) as receiver:
        sock = dial(ip_address("127.0.0.1"), receiver.port, Journey(5), 5)
        handle = sock.fileno()
        is_connected.set()
        assert select.select([sock], [], [], 5)[0], "the reset did not arrive"
        with pytest.raises(ConnectionResetError):
            tls_context().wrap_socket(sock, server_hostname="crm.example")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def test_a_drip_under_tls_holds_nobody(door: Door) -> None:
    def temper(visit: Visit) -> None:
        visit.read_request()
        visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 50)

    with Receiver(temper, server(CA.issue_cert("crm.example"))) as receiver:
        began = time.monotonic()
        failed = failure(door, receiver.url(host="crm.example"), seconds=0.4)
        assert time.monotonic() - began < 3
    assert (failed.kind, failed.stage) == (FailureKind.TIMEOUT, Stage.ANSWER)


def test_a_probe_stops_after_the_handshake(door: Door) -> None:
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    with Receiver(answering(), server(CA.issue_cert("crm.example", not_after=ends_at))) as receiver:
        probe = door.check_reachable(receiver.url("/call?me", "crm.example"), deadline_seconds=5)
    assert receiver.requests == []
    assert receiver.visits == 1
    assert (probe.tls_version, probe.certificate_ends_at) == ("TLSv1.3", ends_at)
    assert probe.peer.address == "127.0.0.1"
    assert probe.phases.tls is not None
    assert probe.phases.first_byte is None


def test_a_probe_of_plain_http_stops_after_the_connection(door: Door) -> None:
    with Receiver(answering()) as receiver:
        probe = door.check_reachable(receiver.url("/call?me"), deadline_seconds=2)
    assert receiver.requests == []
    assert (probe.tls_version, probe.certificate_ends_at, probe.phases.tls) == (None, None, None)


def test_a_probe_fails_as_sending_would(door: Door) -> None:
    with Receiver(answering(), server(CA.issue_cert("other.example"))) as receiver, pytest.raises(Failed) as bad_name:
        door.check_reachable(receiver.url(host="crm.example"), deadline_seconds=2)
    with pytest.raises(Failed) as inner:
        door.check_reachable("http://10.0.0.1/", deadline_seconds=2)
    assert bad_name.value.kind is FailureKind.TLS
    assert inner.value.kind is FailureKind.REFUSED_ADDRESS


def test_keys_of_the_session_are_not_written_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    loopback = [ip_network("127.0.0.0/8")]
    ca_file = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(ca_file))
    with (
        Door(allow=loopback, ca_file=str(ca_file)) as door,
        Receiver(answering(), server(CA.issue_cert("127.0.0.1"))) as receiver,
    ):
        door.send(Request("GET", receiver.url()), deadline_seconds=5)
    assert not log.exists()
