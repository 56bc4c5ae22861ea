from __future__ import annotations

import logging
from pathlib import Path

import pytest

from portal.kernel.http import Door, Failed, FailureKind, Request
from tests.kernel.http.receivers import OK, Receiver, answering, answering_once

ODD_TARGETS = [
    "/income.php?a=%7e&b=%2F+x;&c=[1]",
    "/a/./b/../c?x=1",
    "//double//slash?",
    "/?",
    "/?q=%d0%9f&q=%D0%9F&&=&;",
    '/%7euser/{id}|x^y`?a="b"<c>\\d\'e',
    "/?x=http://inner.example/?y=1@2:3",
    "/?plus=a+b%20c%2bd&bad=%zz%",
]


def request_line(receiver: Receiver) -> str:
    return receiver.requests[-1].split(b"\r\n")[0].decode()


@pytest.mark.parametrize("target", ODD_TARGETS)
def test_path_and_query_go_out_byte_for_byte(door: Door, target: str) -> None:
    with Receiver(answering()) as receiver:
        exchange = door.send(Request("GET", receiver.url(target)), deadline_seconds=2)
        assert request_line(receiver) == f"GET {target} HTTP/1.1" == exchange.sent.line


def test_a_query_without_a_path_gets_the_slash_that_http_needs(door: Door) -> None:
    with Receiver(answering()) as receiver:
        door.send(Request("GET", receiver.url("?a=%7e")), deadline_seconds=2)
        assert request_line(receiver) == "GET /?a=%7e HTTP/1.1"


def test_only_characters_outside_ascii_are_encoded(door: Door) -> None:
    with Receiver(answering()) as receiver:
        door.send(Request("GET", receiver.url("/звонок?имя=%7eЯ")), deadline_seconds=2)
        encoded = "/%D0%B7%D0%B2%D0%BE%D0%BD%D0%BE%D0%BA?%D0%B8%D0%BC%D1%8F=%7e%D0%AF"
        assert request_line(receiver) == f"GET {encoded} HTTP/1.1"


def test_the_reported_head_is_what_the_receiver_read(door: Door) -> None:
    headers = {"webhook-id": "msg_1", "User-Agent": "Ours", "X-Colon": "v: w"}
    with Receiver(answering()) as receiver:
        request = Request("POST", receiver.url("/hook?key=1"), headers, b'{"a": 1}')
        sent = door.send(request, deadline_seconds=2).sent
        head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
        lines = [sent.line, *(f"{name}: {value}" for name, value in sent.headers)]
        assert "\r\n".join(lines).encode() == head
        assert body in {b"", b'{"a": 1}'}
        assert dict(sent.headers)["Content-Length"] == "8"
        assert dict(sent.headers)["Host"] == f"127.0.0.1:{receiver.port}"
        assert dict(sent.headers)["Accept-Encoding"] == "identity"
        assert dict(sent.headers)["User-Agent"] == "Ours"


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nEvil: 1"},
        {"X": "a\nb"},
        {"X": "\x00"},
        {"X": "имя"},
        {"X Y": "a"},
        {"": "a"},
        {"X:": "a"},
        {"Host": "inner.example"},
        {"content-length": "7"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "upgrade"},
    ],
)
def test_a_header_that_could_change_the_message_is_refused_unsent(door: Door, headers: dict[str, str]) -> None:
    with Receiver(answering()) as receiver, pytest.raises(Failed) as failure:
        door.send(Request("GET", receiver.url(), headers), deadline_seconds=2)
    assert failure.value.kind is FailureKind.BAD_REQUEST
    assert failure.value.sent is None
    assert receiver.visits == 0


def test_a_method_that_could_change_the_message_is_refused_unsent(door: Door) -> None:
    with Receiver(answering()) as receiver, pytest.raises(Failed) as failure:
        door.send(Request("GET / HTTP/1.1\r\nX:", receiver.url()), deadline_seconds=2)
    assert failure.value.kind is FailureKind.BAD_REQUEST
    assert receiver.visits == 0


def test_proxies_netrc_and_certificates_of_the_environment_are_not_used(
    door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login anna password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Receiver(answering()) as proxy, Receiver(answering()) as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        exchange = door.send(Request("GET", receiver.url()), deadline_seconds=2)
        assert proxy.visits == 0
        assert "authorization" not in {name.lower() for name, _ in exchange.sent.headers}


def test_an_answer_with_odd_headers_puts_no_url_into_the_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon here\r\n\r\nok"
    with caplog.at_level(logging.DEBUG), Receiver(answering_once(answer)) as receiver:
        door.send(Request("GET", receiver.url("/rest/1/PATHSECRET/?abonent_api_key=QUERYSECRET")), deadline_seconds=2)
    assert "SECRET" not in caplog.text


def test_an_answer_is_told_whole(door: Door) -> None:
    answer = b"HTTP/1.0 418 I am a teapot\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n\r\nshort and stout"
    with Receiver(answering_once(answer)) as receiver:
        exchange = door.send(Request("GET", receiver.url()), deadline_seconds=2)
    assert (exchange.status, exchange.reason, exchange.http_version) == (418, "I am a teapot", "HTTP/1.0")
    assert exchange.headers == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Empty", ""))
    assert (exchange.body, exchange.is_cut) == (b"short and stout", False)
    assert (exchange.peer.address, exchange.peer.port, exchange.peer.is_reused) == ("127.0.0.1", receiver.port, False)


def test_phases_tell_where_the_time_went(door: Door) -> None:
    with Receiver(answering()) as receiver:
        phases = door.send(Request("GET", receiver.url()), deadline_seconds=2).phases
    assert phases.dns is None
    assert phases.tls is None
    assert phases.connect is not None
    assert phases.first_byte is not None
    assert 0 < phases.connect + phases.first_byte <= phases.total


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(door: Door, status: int) -> None:
    with Receiver(answering()) as inner:
        answer = f"HTTP/1.1 {status} Go\r\nLocation: {inner.url()}\r\nContent-Length: 0\r\n\r\n".encode()
        with Receiver(answering(answer)) as receiver:
            assert door.send(Request("GET", receiver.url()), deadline_seconds=2).status == status
        assert inner.visits == 0


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 5000])
def test_a_body_is_kept_up_to_the_cap_and_says_when_it_was_cut(door: Door, size: int) -> None:
    body = bytes(range(256)) * 20
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, body[:size])
    with Receiver(answering(answer)) as receiver:
        exchange = door.send(Request("GET", receiver.url()), deadline_seconds=2, body_cap=100)
    assert exchange.body == body[: min(size, 100)]
    assert exchange.is_cut is (size > 100)


def test_a_body_in_chunks_is_put_together(door: Door) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    with Receiver(answering(answer)) as receiver:
        exchange = door.send(Request("GET", receiver.url()), deadline_seconds=2)
    assert (exchange.body, exchange.is_cut) == (b"abcde", False)


def test_an_answer_without_a_body_ends_at_its_head(door: Door) -> None:
    with Receiver(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as receiver:
        assert door.send(Request("GET", receiver.url()), deadline_seconds=2).body == b""
    with Receiver(answering(OK.removesuffix(b"ok"))) as receiver:
        assert door.send(Request("HEAD", receiver.url()), deadline_seconds=2).body == b""
