"""CSV of money, as a spreadsheet of the reader's language opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response

from portal.calls.export.csv_file import MEDIA_TYPE, harmless

_MARK = "\ufeff"
"""Tells Excel that it is UTF-8."""


def csv_lines(locale: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Line by line. Sums are exact; text that a spreadsheet might reckon with is made harmless."""
    is_russian = locale == "ru"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if is_russian else ",", lineterminator="\r\n")
    buffer.write(_MARK)
    writer.writerow(headings)
    yield _taken(buffer)
    for row in rows:
        writer.writerow([_cell(value, is_russian=is_russian) for value in row])
        yield _taken(buffer)


def csv_answer(name: str, lines: Iterator[str]) -> Response:
    """A file to be kept, sent as it is made."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response((line.encode() for line in lines), content_type=MEDIA_TYPE, headers=headers)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cell(value: Any, *, is_russian: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        places = max(2, -int(value.normalize().as_tuple().exponent))
        return f"{value:.{places}f}".replace(".", "," if is_russian else ".")
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y %H:%M:%S}" if is_russian else f"{value:%Y-%m-%d %H:%M:%S}"
    return harmless(str(value))
