"""Счёт-фактура: the columns and lines of Decree 1137."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from portal.invoicing.drawing.lines import day_words
from portal.invoicing.drawing.sheet import Align, Sheet, figures
from portal.invoicing.drawing.tables import UNIT, UNIT_CODE
from portal.invoicing.papers.content import Content, Line
from portal.invoicing.papers.models import Paper
from portal.kernel.money import ZERO

_HEAD = (
    "№\nп/п",
    "Наименование товара (описание выполненных работ, оказанных услуг), имущественного права",
    "Код вида товара",
    "Код ед. изм.",
    "Ед. изм.",
    "Кол-во",
    "Цена (тариф) за единицу",
    "Стоимость без налога – всего",
    "В т.ч. сумма акциза",
    "Налоговая ставка",
    "Сумма налога",
    "Стоимость с налогом – всего",
    "Код страны",
    "Страна происх.",
    "№ декларации",
)
_NAMES = ("1", "1а", "1б", "2", "2а", "3", "4", "5", "6", "7", "8", "9", "10", "10а", "11")
_WIDTHS = (7, 70, 11, 10, 12, 10, 20, 22, 14, 13, 20, 22, 11, 13, 16)
_ALIGNS: tuple[Align, ...] = ("C", "L", "C", "C", "C", "R", "R", "R", "C", "C", "R", "R", "C", "C", "C")
_NONE = "–"


def draw_invoice(paper: Paper, content: Content) -> bytes:
    """Счёт-фактура."""
    sheet = Sheet(f"Счёт-фактура № {paper.number} от {paper.issued_on:%d.%m.%Y}", paper.created_at, is_wide=True)
    form_note(sheet)
    sheet.line_of(f"Счёт-фактура № {paper.number} от {day_words(paper.issued_on)}   (1)", 13, is_bold=True)
    sheet.line_of("Исправление № –   от –   (1а)", 8)
    head_lines(sheet, paper, content)
    goods(sheet, content.lines, content.vat_percent)
    signed_by(sheet, content)
    return sheet.bytes_of()


def goods(sheet: Sheet, lines: Sequence[Line], vat_percent: int | None) -> None:
    """The lines with all columns of the form, and «Всего к оплате»."""
    rate = tax_rate(vat_percent)
    rows: list[tuple[str, ...]] = [
        (
            *(str(place), line.name, _NONE, UNIT_CODE, UNIT, "1", figures(line.net), figures(line.net), "без акциза"),
            *(rate, _tax(line.vat, vat_percent), figures(line.total), _NONE, _NONE, _NONE),
        )
        for place, line in enumerate(lines, 1)
    ]
    net = sum((line.net for line in lines), ZERO)
    vat = sum((line.vat for line in lines), ZERO)
    tax, total = _tax(vat, vat_percent), figures(net + vat)
    rows.append(("", "Всего к оплате (9)", "", "", "", "", "", figures(net), "Х", "Х", tax, total, "", "", ""))
    sheet.gap(1.5)
    sheet.grid([_HEAD, _NAMES], rows, _WIDTHS, _ALIGNS, size=6.5)


def tax_rate(vat_percent: int | None) -> str:
    """The rate, as column 7 has it."""
    return "без НДС" if vat_percent is None else f"{vat_percent}%"


def _tax(vat: Decimal, vat_percent: int | None) -> str:
    return "без НДС" if vat_percent is None else figures(vat)


def form_note(sheet: Sheet) -> None:
    """Which form it is."""
    sheet.line_of(
        "Форма счёта-фактуры: приложение № 1 к постановлению Правительства РФ от 26.12.2011 № 1137", 6, align="R"
    )


def head_lines(sheet: Sheet, paper: Paper, content: Content) -> None:
    """Lines 2 to 8."""
    seller, buyer = content.seller, content.buyer
    sheet.gap(1)
    for name, value in (
        ("Продавец (2):", seller.name),
        ("Адрес (2а):", seller.address),
        ("ИНН/КПП продавца (2б):", seller.codes),
        ("Грузоотправитель и его адрес (3):", _NONE),
        ("Грузополучатель и его адрес (4):", _NONE),
        ("К платёжно-расчётному документу (5):", "№ – от –"),
        ("Документ об отгрузке (5а):", f"№ п/п 1–{len(content.lines)}, № {paper.number} от {paper.issued_on:%d.%m.%Y}"),
        ("Покупатель (6):", buyer.name),
        ("Адрес (6а):", buyer.address),
        ("ИНН/КПП покупателя (6б):", buyer.codes),
        ("Валюта: наименование, код (7):", "Российский рубль, 643"),
        ("Идентификатор гос. контракта (8):", _NONE),
    ):
        sheet.pair(name, value, 58, 7.5)


def signed_by(sheet: Sheet, content: Content) -> None:
    """Who signs the invoice, which is the upper part of a УПД too."""
    sheet.gap(4)
    if sheet.get_y() > sheet.h - 34:
        sheet.add_page()
    half = (sheet.w - 2 * sheet.l_margin - 10) / 2
    top = sheet.get_y()
    if not content.seller.is_company:
        sheet.signature("Индивидуальный предприниматель или уполномоченное лицо", content.signers.head, half)
        return
    sheet.signature("Руководитель организации или иное уполномоченное лицо", content.signers.head, half)
    sheet.set_y(top)
    right = sheet.l_margin + half + 10
    sheet.signature("Главный бухгалтер или иное уполномоченное лицо", content.signers.accountant, half, right)
