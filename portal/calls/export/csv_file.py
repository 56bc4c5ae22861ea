"""CSV as a spreadsheet of the reader's language opens it: a Russian one divides by semicolons and writes `1,50`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

from portal.calls.export.table import COLUMNS, Kind
from portal.kernel import phone
from portal.web.spreadsheet import harmless

MEDIA_TYPE = "text/csv; charset=utf-8"
_MOST_FIGURES = 11
"""A number of more is shown as `7,9E+11`."""


class CsvFile:
    """Written row by row into an open file. The mark at its beginning tells Excel that it is UTF-8."""

    def __init__(self, file: BinaryIO, locale: str) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        self._is_russian = locale == "ru"
        self._writer = csv.writer(self._text, delimiter=";" if self._is_russian else ",", lineterminator="\r\n")

    def headings(self, words: Sequence[str]) -> None:
        """The first line."""
        self._writer.writerow(words)

    def row(self, values: Sequence[Any]) -> None:
        """One call."""
        self._writer.writerow(
            "" if value is None else self._cell(column.kind, value)
            for column, value in zip(COLUMNS, values, strict=True)
        )

    def close(self) -> None:
        """Nothing more will come; the file itself stays open."""
        self._text.flush()
        self._text.detach()

    def _cell(self, kind: Kind, value: Any) -> str:
        if isinstance(value, Decimal):
            places = max(2, -int(value.normalize().as_tuple().exponent))
            return f"{value:.{places}f}".replace(".", "," if self._is_russian else ".")
        if isinstance(value, datetime):
            return f"{value:%d.%m.%Y %H:%M:%S}" if self._is_russian else f"{value:%Y-%m-%d %H:%M:%S}"
        return as_text(value) if kind is Kind.ADDRESS else harmless(str(value))


def as_text(address: str) -> str:
    """A number that stays text in a spreadsheet: grouped by dashes and without the plus, which begins a formula."""
    shown = phone.display(address)
    if shown.startswith("+"):
        shown = shown.removeprefix("+")
        shown = shown if "-" in shown else shown.replace(" ", "-")
    is_number = shown.isdecimal() and (shown.startswith("0") or len(shown) > _MOST_FIGURES)
    return f"'{shown}" if is_number else harmless(shown)
