"""An Excel workbook, written row by row with flat memory: strings are strings, whatever they begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import xlsxwriter

from portal.calls.export.table import COLUMNS, Kind
from portal.kernel import phone
from portal.kernel.i18n import gettext as _

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_OF_A_SHEET = 1_000_000
"""Excel opens 1,048,576 rows of a sheet; what is more goes on the next one."""
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class Workbook:
    """Written into an open file when it is closed; until then the rows are in temporary files."""

    def __init__(self, file: BinaryIO, _locale: str) -> None:
        self._book = xlsxwriter.Workbook(file, _OPTIONS)
        self._formats = {
            Kind.MOMENT: self._book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
            Kind.ADDRESS: self._book.add_format({"num_format": "@"}),
            Kind.MONEY: self._book.add_format({"num_format": "0.00##"}),
        }
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._words: Sequence[str] = ()
        self._sheet: Any = None
        self._row = 0

    def headings(self, words: Sequence[str]) -> None:
        """The first line of every sheet."""
        self._words = words
        self._begin_sheet()

    def row(self, values: Sequence[Any]) -> None:
        """One call."""
        if self._row > ROWS_OF_A_SHEET:
            self._begin_sheet()
        for place, (column, value) in enumerate(zip(COLUMNS, values, strict=True)):
            if value is not None:
                self._cell(place, column.kind, value)
        self._row += 1

    def close(self) -> None:
        """Puts the file together."""
        self._book.close()

    def _begin_sheet(self) -> None:
        # Excel wants each sheet's name to be its own.
        sheets = len(self._book.worksheets())
        self._sheet = self._book.add_worksheet(f"{_('Calls')} {sheets + 1}" if sheets else _("Calls"))
        self._sheet.freeze_panes(1, 0)
        for place, (column, word) in enumerate(zip(COLUMNS, self._words, strict=True)):
            self._sheet.set_column(place, place, column.width)
            self._sheet.write_string(0, place, word, self._bold)
        self._row = 1

    def _cell(self, place: int, kind: Kind, value: Any) -> None:
        form = self._formats.get(kind)
        if kind is Kind.MOMENT:
            self._sheet.write_datetime(self._row, place, value, form)
        elif kind in (Kind.SECONDS, Kind.MONEY):
            self._sheet.write_number(self._row, place, value, form)
        else:
            text = phone.display(value) if kind is Kind.ADDRESS else str(value)
            self._sheet.write_string(self._row, place, text, form)
