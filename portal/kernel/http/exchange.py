"""The end of an exchange: the body read up to its cap, or the failure told in one way."""

from __future__ import annotations

import ssl
from http.client import HTTPException, IncompleteRead, LineTooLong
from typing import BinaryIO

from requests import Response
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.response import HTTPResponse

from portal.kernel.http.errors import (
    AddressRefused,
    BadRequest,
    Failed,
    FailureKind,
    NameUnknown,
    UrlReason,
    UrlRefused,
)
from portal.kernel.http.journey import Journey, Stage, TooMuch
from portal.kernel.http.message import Exchange, SentRequest

_REFUSAL_BYTES = 32 * 1024
_PIECE_BYTES = 256 * 1024

# What a hostile or broken receiver, name server or network can make the libraries raise.
EXPECTED = (OSError, HTTPException, HTTPError, ValueError, TooMuch, AddressRefused, BadRequest, NameUnknown, UrlRefused)


def read_answer(response: Response, journey: Journey, body_cap: int) -> Exchange:
    """The answer with at most `body_cap` bytes of its body. Raises Failed, with what came so far."""
    body = bytearray()
    try:
        if response.status_code < 200:
            # Nobody asked for 101 or 103, and the real answer would follow it on this connection.
            raise HTTPException(f"interim answer {response.status_code}")
        is_cut = _read_body(response.raw, journey, body_cap, body)
    except EXPECTED as error:
        raise failed(error, journey, _exchange(response, journey, body, is_cut=True)) from error
    return _exchange(response, journey, body, is_cut=is_cut)


def write_answer(response: Response, journey: Journey, file: BinaryIO, body_cap: int) -> Exchange:
    """The answer, its body written into `file` where the status is 2xx. Raises Failed, OSError of the file as it is."""
    if not 200 <= response.status_code < 300:
        return read_answer(response, journey, _REFUSAL_BYTES)
    journey.allow_bytes(body_cap + 64 * 1024)
    raw: HTTPResponse = response.raw
    while True:
        try:
            piece = raw.read1(_PIECE_BYTES, decode_content=True)
        except EXPECTED as error:
            raise failed(error, journey, _exchange(response, journey, bytearray(), is_cut=True)) from error
        if not piece:
            return _exchange(response, journey, bytearray(), is_cut=False)
        file.write(piece)


def _read_body(raw: HTTPResponse, journey: Journey, body_cap: int, body: bytearray) -> bool:
    """Fill `body`; whether it is cut.

    A gzip bomb is inflated up to the cap and no further. On the wire more may come than the cap, since a body may come
    in small chunks, but not without end.
    """
    journey.allow_bytes(4 * body_cap + 64 * 1024)
    try:
        while piece := raw.read1(body_cap + 1 - len(body), decode_content=True):
            body += piece
            if len(body) > body_cap:
                del body[body_cap:]
                return True
    except (TooMuch, DecodeError):
        return True
    return False


def _exchange(response: Response, journey: Journey, body: bytearray, *, is_cut: bool) -> Exchange:
    sent, peer = SentRequest.from_head(journey.sent_head), journey.peer
    if sent is None or peer is None:
        raise RuntimeError("an answer without a request")
    raw: HTTPResponse = response.raw
    return Exchange(
        status=response.status_code,
        reason=response.reason,
        http_version=f"HTTP/{raw.version // 10}.{raw.version % 10}",
        headers=tuple(raw.headers.iteritems()),
        body=bytes(body),
        is_cut=is_cut,
        sent=sent,
        peer=peer,
        phases=journey.phases(),
    )


def failed(error: Exception, journey: Journey, partial: Exchange | None = None) -> Failed:
    """One kind and one short text for whatever the libraries raised, with how far it came."""
    kind, message = _kind(error, journey)
    return Failed(
        kind,
        message,
        stage=journey.stage,
        phases=journey.phases(),
        peer=journey.peer,
        sent=SentRequest.from_head(journey.sent_head),
        partial=partial,
    )


def _kind(error: Exception, journey: Journey) -> tuple[FailureKind, str]:
    match error:
        case AddressRefused() | UrlRefused(reason=UrlReason.ADDRESS):
            # One text for all of them: it must not tell what is behind the wall.
            return FailureKind.REFUSED_ADDRESS, str(AddressRefused())
        case UrlRefused() | BadRequest():
            return FailureKind.BAD_REQUEST, str(error)
        case NameUnknown():
            return FailureKind.DNS, str(error)
    # urllib3 wraps what happens while a body is read.
    cause = error.__cause__ if isinstance(error, HTTPError) and error.__cause__ is not None else error
    if isinstance(cause, TimeoutError):
        return FailureKind.TIMEOUT, f"timed out ({journey.stage.value})"
    return _kind_by_stage(cause, journey.stage), _text(cause)


def _kind_by_stage(cause: BaseException, stage: Stage) -> FailureKind:
    if stage is Stage.CONNECT:
        return FailureKind.CONNECT
    if stage is Stage.TLS:
        return FailureKind.TLS
    # http.client has no class of its own for too many headers.
    if isinstance(cause, TooMuch | LineTooLong) or str(cause).startswith("got more than"):
        return FailureKind.TOO_LARGE
    if isinstance(cause, ConnectionError | IncompleteRead | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return FailureKind.DISCONNECTED
    return FailureKind.PROTOCOL


def _text(cause: BaseException) -> str:
    """What the system or OpenSSL says of it, without the names of Python's own."""
    for attribute in ("verify_message", "strerror"):
        if text := getattr(cause, attribute, None):
            return str(text)
    return str(cause) or type(cause).__name__
