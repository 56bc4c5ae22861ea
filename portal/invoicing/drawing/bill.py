"""Счёт на оплату: the bank's box, the square for the payer's app, what is paid for, the sum in words."""

from __future__ import annotations

from portal.invoicing.drawing.lines import day_words, purpose
from portal.invoicing.drawing.payment_code import PaymentOrder, payload
from portal.invoicing.drawing.sheet import Sheet, figures
from portal.invoicing.drawing.tables import services_table, sums_below
from portal.invoicing.drawing.words import in_words
from portal.invoicing.papers.content import Content
from portal.invoicing.papers.models import Paper

_CODE_SIDE = 42.0


def draw_bill(paper: Paper, content: Content) -> bytes:
    """The file."""
    sheet = Sheet(f"Счёт № {paper.number} от {paper.issued_on:%d.%m.%Y}", paper.created_at)
    top = sheet.get_y()
    _bank_box(sheet, content)
    if paper.due > 0:
        sheet.code(payment_payload(paper, content), sheet.w - sheet.r_margin - _CODE_SIDE, top - 2, _CODE_SIDE)
        sheet.set_xy(sheet.w - sheet.r_margin - _CODE_SIDE, top + _CODE_SIDE - 3)
        sheet.face(7)
        sheet.multi_cell(_CODE_SIDE, 3.2, "Оплата по QR-коду\nв приложении банка", align="C")
    sheet.set_xy(sheet.l_margin, max(sheet.get_y(), top + _CODE_SIDE + 6))
    sheet.line_of(f"Счёт на оплату № {paper.number} от {day_words(paper.issued_on)}", 14, is_bold=True)
    sheet.gap(1)
    sheet.rule()
    sheet.pair("Поставщик:", _party(content.seller.name, content.seller.codes, content.seller.address))
    sheet.gap(1)
    sheet.pair("Покупатель:", _party(content.buyer.name, content.buyer.codes, content.buyer.address))
    sheet.gap()
    services_table(sheet, content)
    sums_below(sheet, content)
    _what_is_due(sheet, paper, content)
    sheet.gap(4)
    half = (sheet.w - 2 * sheet.l_margin - 8) / 2
    sheet.signature(content.signers.title or "Руководитель", content.signers.head, half)
    sheet.signature("Главный бухгалтер", content.signers.accountant, half)
    return sheet.bytes_of()


def payment_payload(paper: Paper, content: Content) -> str:
    """What the square holds: what is asked for, to the seller's account, with the bill's number."""
    tax = figures(content.vat)
    return payload(
        PaymentOrder(
            name=content.seller.name,
            account=content.bank.account,
            bank_name=content.bank.name,
            bik=content.bank.bik,
            correspondent_account=content.bank.correspondent_account,
            amount=paper.due,
            purpose=purpose(paper.number, paper.issued_on, content.vat_percent, tax),
            payee_inn=content.seller.inn,
            payee_kpp=content.seller.kpp,
            payer_inn=content.buyer.inn,
            number=str(paper.number),
        )
    )


def _bank_box(sheet: Sheet, content: Content) -> None:
    bank, seller = content.bank, content.seller
    width = sheet.w - 2 * sheet.l_margin - _CODE_SIDE - 4
    left = width * 0.62
    rows = (
        (f"Банк получателя\n{bank.name}", f"БИК {bank.bik}\nК/с {bank.correspondent_account or '–'}"),
        (f"ИНН {seller.inn}   КПП {seller.kpp or '–'}\nПолучатель: {seller.name}", f"Р/с\n{bank.account}"),
    )
    sheet.face(8.5)
    for name, value in rows:
        top = sheet.get_y()
        sheet.set_xy(sheet.l_margin + 1, top + 1)
        sheet.multi_cell(left - 2, 4.4, name, align="L")
        below = sheet.get_y()
        sheet.set_xy(sheet.l_margin + left + 1, top + 1)
        sheet.multi_cell(width - left - 2, 4.4, value, align="L")
        height = max(below, sheet.get_y()) - top + 1
        sheet.rect(sheet.l_margin, top, left, height)
        sheet.rect(sheet.l_margin + left, top, width - left, height)
        sheet.set_xy(sheet.l_margin, top + height)


def _what_is_due(sheet: Sheet, paper: Paper, content: Content) -> None:
    if paper.due != content.total:
        sheet.line_of(f"Оплачено с лицевого счёта: {figures(content.total - paper.due)} руб.", 9, align="R")
        sheet.line_of(f"К оплате: {figures(paper.due)} руб.", 10, is_bold=True, align="R")
    sheet.gap(2)
    sheet.line_of(f"Всего наименований {len(content.lines)}, на сумму {figures(content.total)} руб.", 9)
    sheet.line_of(in_words(content.total), 10, is_bold=True)


def _party(name: str, codes: str, address: str) -> str:
    label = "ИНН/КПП" if "/" in codes else "ИНН"
    return f"{name}, {label} {codes}, {address}"
