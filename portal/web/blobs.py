"""A blob of the store as an answer: whole or a part of it, streamed, with all that a player or a downloader needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote

from flask import Response, current_app, request

from portal.kernel.storage import BlobStore
from portal.web.ranges import ByteRange, RangeNotSatisfiable, requested_range

_UNFIT_IN_A_NAME = frozenset('"\\/:*?<>|')


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that is there, and how it is to be shown. `etag` is without its quotes."""

    key: str
    size: int
    etag: str
    media_type: str
    disposition: str
    """A value of `content_disposition`."""


def answer(blob: Blob) -> Response:
    """The blob for the present request (GET or HEAD): 200, 206, 304 or 416. Whether it may be seen is asked before.

    Raises `FileNotFoundError` where the store has lost it meanwhile.
    """
    if request.if_none_match.contains(blob.etag):
        return _described(Response(status=304), blob)
    try:
        part = requested_range(_usable_range(blob.etag), blob.size)
    except RangeNotSatisfiable:
        return _described(Response(status=416, headers={"Content-Range": f"bytes */{blob.size}"}), blob)
    response = _body(blob, part or ByteRange(0, blob.size))
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = part.content_range(blob.size)
    return _described(response, blob)


def _usable_range(etag: str) -> str | None:
    """The `Range` header, unless it was meant for another version of the file (`If-Range`, RFC 9110 section 13.1.5)."""
    condition = request.headers.get("If-Range")
    return request.headers.get("Range") if condition is None or condition.strip() == f'"{etag}"' else None


def _body(blob: Blob, part: ByteRange) -> Response:
    if request.method == "HEAD" or part.length == 0:
        response = Response()
    else:
        storage: BlobStore = current_app.extensions["portal.storage"]
        chunks = storage.chunks(blob.key, part.start, part.stop)
        # Begun here, where a store that fails can still be told by a status.
        response = Response(_closing(next(chunks, b""), chunks), direct_passthrough=True)
    response.content_length = part.length
    return response


def _closing(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """All of it; the store's end is closed with the last piece, or when the reader leaves."""
    try:
        yield from chain([first], rest)
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()


def _described(response: Response, blob: Blob) -> Response:
    response.headers["Content-Type"] = blob.media_type
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = f'"{blob.etag}"'
    # Kept by the browser, but asked for each time: a right that was taken away is noticed at once.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = blob.disposition
    return response


def content_disposition(kind: str, plain_name: str, full_name: str | None = None) -> str:
    """`attachment; filename="…"; filename*=UTF-8''…` (RFC 6266): `plain_name`, of our own making, for old readers."""
    value = f'{kind}; filename="{plain_name}"'
    if full_name is None:
        return value
    clean = "".join(char for char in full_name if char.isprintable() and char not in _UNFIT_IN_A_NAME).strip(" .")
    return f"{value}; filename*=UTF-8''{quote(clean, safe='')}"
