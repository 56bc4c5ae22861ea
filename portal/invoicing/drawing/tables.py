"""Tables that several papers share."""

from __future__ import annotations

from portal.invoicing.drawing.sheet import Sheet, figures
from portal.invoicing.papers.content import Content

UNIT, UNIT_CODE = "усл. ед", "876"
"""A service as a whole: OK 015-94."""


def services_table(sheet: Sheet, content: Content) -> None:
    """Lines with their sums, tax within, as bills and acts show them."""
    rows = [
        (str(place), line.name, "1", UNIT, figures(line.total), figures(line.total))
        for place, line in enumerate(content.lines, 1)
    ]
    head = [("№", "Наименование", "Кол-во", "Ед.", "Цена, руб.", "Сумма, руб.")]
    sheet.grid(head, rows, (6, 96, 14, 14, 26, 26), ("C", "L", "R", "C", "R", "R"), size=8.5)


def sums_below(sheet: Sheet, content: Content) -> None:
    """The total, and what of it is tax."""
    sheet.gap(1)
    sheet.line_of(f"Итого: {figures(content.total)} руб.", 9, is_bold=True, align="R")
    sheet.line_of(tax_words(content), 9, align="R")


def tax_words(content: Content) -> str:
    """What of a total is tax."""
    if content.vat_percent is None:
        return "Без НДС"
    return f"В том числе НДС {content.vat_percent}%: {figures(content.vat)} руб."
