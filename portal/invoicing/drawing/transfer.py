"""УПД: an invoice above, and below it what an act would say (letter of the Federal Tax Service MMV-20-3/96@)."""

from __future__ import annotations

from portal.invoicing.drawing.invoice import form_note, goods, head_lines, signed_by
from portal.invoicing.drawing.lines import day_words
from portal.invoicing.drawing.sheet import Sheet
from portal.invoicing.papers.content import Content, Side
from portal.invoicing.papers.models import Paper

_STATUS = {True: "1 – счёт-фактура и передаточный документ (акт)", False: "2 – передаточный документ (акт)"}
_GROUNDS = "Договор-оферта об оказании услуг связи"


def draw_transfer(paper: Paper, content: Content) -> bytes:
    """УПД, with the status 1, or 2 where the seller pays no VAT."""
    sheet = Sheet(f"УПД № {paper.number} от {paper.issued_on:%d.%m.%Y}", paper.created_at, is_wide=True)
    form_note(sheet)
    sheet.line_of(
        f"Универсальный передаточный документ № {paper.number} от {day_words(paper.issued_on)}   (1)", 12, is_bold=True
    )
    sheet.line_of(f"Статус: {_STATUS[content.vat_percent is not None]}", 8.5, is_bold=True)
    sheet.line_of("Исправление № –   от –   (1а)", 8)
    head_lines(sheet, paper, content)
    goods(sheet, content.lines, content.vat_percent)
    signed_by(sheet, content)
    _transfer(sheet, paper, content)
    return sheet.bytes_of()


def _transfer(sheet: Sheet, paper: Paper, content: Content) -> None:
    """What was handed over, by whom, to whom."""
    if sheet.get_y() > sheet.h - 75:
        sheet.add_page()
    sheet.gap(1)
    sheet.rule()
    sheet.pair("Основание передачи (сдачи) / получения (приёмки) [10]", _GROUNDS, 84, 7.5)
    sheet.pair("Данные о транспортировке и грузе [11]", "–", 84, 7.5)
    sheet.gap(1)
    top, half = sheet.get_y(), (sheet.w - 2 * sheet.l_margin - 10) / 2
    gives, takes = "Услуги передал, результаты работ сдал [12]", "Услуги принял, результаты работ получил [17]"
    given = f"Дата отгрузки, передачи (сдачи) [13]: {day_words(paper.issued_on)}"
    head = (content.signers.title or "Руководитель", content.signers.head)
    _hand(sheet, sheet.l_margin, top, (gives, *head, given, f"Составитель документа [16]: {_who(content.seller)}"))
    taken = ("", content.buyer.signatory, "Дата получения (приёмки) [18]:", f"Получатель [21]: {_who(content.buyer)}")
    _hand(sheet, sheet.l_margin + half + 10, top, (takes, *taken))
    sheet.set_y(top + 32)


def _hand(sheet: Sheet, x: float, top: float, words: tuple[str, str, str, str, str]) -> None:
    """One side of the hand-over: what it does, its role and name, when, and for whom."""
    does, role, name, when, who = words
    half = (sheet.w - 2 * sheet.l_margin - 10) / 2
    sheet.set_xy(x, top)
    sheet.face(8, is_bold=True)
    sheet.cell(half, 4, does)
    sheet.set_y(top + 6)
    sheet.signature(role, name, half, x)
    sheet.face(7.5)
    sheet.set_xy(x, top + 16)
    sheet.cell(half, 4, when)
    sheet.set_xy(x, top + 21)
    sheet.multi_cell(half, 3.8, who, align="L")


def _who(side: Side) -> str:
    return f"{side.name}, ИНН/КПП {side.codes}   М.П."
