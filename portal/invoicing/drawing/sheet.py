"""A sheet of A4 with the few things that papers are drawn from. The fonts are the house's own: nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

FONTS = Path(__file__).resolve().parents[3] / "fonts" / "paratype"
_FACES = {"": "PTS55F.ttf", "B": "PTS75F.ttf"}
_FAMILY = "PT Sans"
_MARGIN = 12
_MODULES_OF_QUIET = 4
Align = Literal["L", "C", "R"]


class Sheet(FPDF):
    """Text flows down the page and goes on on the next; each page says which one it is."""

    def __init__(self, title: str, created_at: datetime, *, is_wide: bool = False) -> None:
        super().__init__(orientation="landscape" if is_wide else "portrait", format="A4")
        self.set_title(title)
        self.set_lang("ru")
        self.set_creation_date(created_at)
        self._name = title
        for style, file in _FACES.items():
            self.add_font(_FAMILY, style, FONTS / file)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 4)
        self.alias_nb_pages()
        self.add_page()
        self.set_line_width(0.15)

    def footer(self) -> None:
        """Called by the library at the end of each page."""
        self.set_y(-_MARGIN)
        self.face(7)
        self.cell(0, 4, self._name, align="L")
        self.set_x(self.l_margin)
        self.cell(0, 4, f"стр. {self.page_no()} из {{nb}}", align="R")

    def face(self, size: float, *, is_bold: bool = False) -> None:
        """The font from here on."""
        self.set_font(_FAMILY, "B" if is_bold else "", size)

    def line_of(self, text: str, size: float = 9, *, is_bold: bool = False, align: Align = "L") -> None:
        """A paragraph over the whole width."""
        self.face(size, is_bold=is_bold)
        self.multi_cell(0, size * 0.5, text or " ", align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def pair(self, name: str, value: str, width: float = 32, size: float = 9) -> None:
        """A name with its value beside it, however long that is."""
        self.face(size)
        top = self.get_y()
        self.multi_cell(width, size * 0.5, name, align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
        below = self.get_y()
        self.set_xy(self.l_margin + width, top)
        self.face(size, is_bold=True)
        self.multi_cell(0, size * 0.5, value or "–", align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_y(max(self.get_y(), below))

    def grid(
        self,
        head: Sequence[Sequence[str]],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        aligns: Sequence[Align],
        *,
        size: float = 8,
    ) -> None:
        """A ruled table over the whole width; `widths` are shares. Its head stands on each page again."""
        self.face(size)
        with self.table(
            col_widths=tuple(widths),
            text_align=tuple(aligns),
            line_height=size * 0.46,
            padding=(0.8, 1, 0.8, 1),
            num_heading_rows=len(head),
            headings_style=FontFace(family=_FAMILY, emphasis="", size_pt=size * 0.92),
        ) as table:
            for row in head:
                cells = table.row()
                for text in row:
                    cells.cell(text, align="C")
            for row in rows:
                cells = table.row()
                for text in row:
                    cells.cell(text)

    def gap(self, millimetres: float = 3) -> None:
        """Room."""
        self.ln(millimetres)

    def rule(self) -> None:
        """A line over the whole width."""
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.gap(2)

    def signature(self, role: str, name: str, width: float, x: float | None = None) -> None:
        """A role, a place to sign and the name under it."""
        start = self.l_margin if x is None else x
        top = self.get_y()
        self.face(8)
        self.set_xy(start, top)
        self.multi_cell(width * 0.38, 3.8, role, align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
        line = top + 4
        self.line(start + width * 0.4, line, start + width * 0.64, line)
        self.line(start + width * 0.66, line, start + width, line)
        self.set_xy(start + width * 0.66, top)
        self.cell(width * 0.34, 3.8, name, align="C")
        self.face(6)
        self.set_xy(start + width * 0.4, line)
        self.cell(width * 0.24, 3, "(подпись)", align="C")
        self.set_xy(start + width * 0.66, line)
        self.cell(width * 0.34, 3, "(ф.и.о.)", align="C")
        self.set_xy(self.l_margin, top + 9)

    def code(self, payload: str, x: float, y: float, side: float) -> None:
        """A QR code with its quiet zone, drawn as squares: sharp at any size."""
        matrix = segno.make(payload, error="m", micro=False, encoding="utf-8", eci=False).matrix
        step = side / (len(matrix) + 2 * _MODULES_OF_QUIET)
        self.set_fill_color(0)
        for row, line in enumerate(matrix):
            for column, dark in enumerate(line):
                if dark:
                    left, top = x + (column + _MODULES_OF_QUIET) * step, y + (row + _MODULES_OF_QUIET) * step
                    # A hair wider, so that no viewer shows seams.
                    self.rect(left, top, step * 1.02, step * 1.02, style="F")

    def bytes_of(self) -> bytes:
        """The file."""
        return bytes(self.output())


def figures(amount: Decimal) -> str:
    """`1 733,98`, as papers write it in Russian."""
    whole, _point, places = f"{amount:,.2f}".partition(".")
    return f"{whole.replace(',', chr(0xA0)).replace('-', chr(0x2212))},{places}"
