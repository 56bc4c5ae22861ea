"""Акт об оказании услуг."""

from __future__ import annotations

from portal.invoicing.drawing.lines import day_words
from portal.invoicing.drawing.sheet import Sheet
from portal.invoicing.drawing.tables import services_table, sums_below
from portal.invoicing.drawing.words import in_words
from portal.invoicing.papers.content import Content, Side
from portal.invoicing.papers.models import Paper

_DONE = (
    "Вышеперечисленные услуги оказаны полностью и в срок. Заказчик претензий по объёму, качеству и срокам оказания "
    "услуг не имеет."
)


def draw_act(paper: Paper, content: Content) -> bytes:
    """The file."""
    sheet = Sheet(f"Акт № {paper.number} от {paper.issued_on:%d.%m.%Y}", paper.created_at)
    sheet.line_of(f"Акт № {paper.number} от {day_words(paper.issued_on)}", 14, is_bold=True)
    sheet.line_of("об оказании услуг", 10)
    sheet.gap(1)
    sheet.rule()
    sheet.pair("Исполнитель:", party(content.seller))
    sheet.gap(1)
    sheet.pair("Заказчик:", party(content.buyer))
    sheet.gap()
    services_table(sheet, content)
    sums_below(sheet, content)
    sheet.gap(2)
    sheet.line_of(f"Всего оказано услуг на сумму: {in_words(content.total)}.", 9, is_bold=True)
    sheet.gap(1)
    sheet.line_of(_DONE, 9)
    sheet.gap(6)
    both_sign(sheet, content)
    return sheet.bytes_of()


def both_sign(sheet: Sheet, content: Content) -> None:
    """The two signatures side by side."""
    half = (sheet.w - 2 * sheet.l_margin - 8) / 2
    top = sheet.get_y()
    if top > sheet.h - 40:
        sheet.add_page()
        top = sheet.get_y()
    sheet.face(9, is_bold=True)
    sheet.cell(half + 8, 5, "Исполнитель")
    sheet.cell(half, 5, "Заказчик")
    sheet.set_y(top + 8)
    row = sheet.get_y()
    sheet.signature(content.signers.title or "Руководитель", content.signers.head, half)
    below = sheet.get_y()
    sheet.set_y(row)
    sheet.signature("", content.buyer.signatory, half, sheet.l_margin + half + 8)
    sheet.set_y(max(below, sheet.get_y()))
    sheet.face(8)
    sheet.cell(half + 8, 5, "М.П.")
    sheet.cell(half, 5, "М.П.")


def party(side: Side) -> str:
    """Who, with the numbers and the address."""
    label = "ИНН/КПП" if side.kpp else "ИНН"
    return f"{side.name}, {label} {side.codes}, {side.address}"
