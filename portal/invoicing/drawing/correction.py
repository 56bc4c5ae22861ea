"""A correction: each line as it was, as it is, and the difference; of an invoice, a УПД or an act."""

from __future__ import annotations

from decimal import Decimal

from portal.invoicing.drawing.act import both_sign, party
from portal.invoicing.drawing.invoice import tax_rate
from portal.invoicing.drawing.lines import day_words
from portal.invoicing.drawing.sheet import Sheet, figures
from portal.invoicing.drawing.words import in_words
from portal.invoicing.papers.content import Content, Line
from portal.invoicing.papers.models import Paper, PaperKind
from portal.kernel.money import ZERO

TITLES = {
    PaperKind.INVOICE: ("Корректировочный счёт-фактура", "к счёту-фактуре"),
    PaperKind.TRANSFER: ("Универсальный корректировочный документ", "к УПД"),
    PaperKind.ACT: ("Корректировочный акт", "к акту"),
}


def draw_correction(paper: Paper, content: Content) -> bytes:
    """The file."""
    title, of_what = TITLES[PaperKind(content.extra.get("corrected", PaperKind.ACT))]
    sheet = Sheet(f"{title} № {paper.number} от {paper.issued_on:%d.%m.%Y}", paper.created_at, is_wide=True)
    sheet.line_of(f"{title} № {paper.number} от {day_words(paper.issued_on)}", 13, is_bold=True)
    sheet.line_of(f"{of_what} {content.corrects}", 10)
    sheet.gap(1)
    sheet.rule()
    sheet.pair("Продавец:", party(content.seller))
    sheet.pair("Покупатель:", party(content.buyer))
    sheet.pair("Валюта:", "Российский рубль, 643")
    sheet.gap()
    _table(sheet, content)
    difference = content.total - sum((line.total for line in content.before), ZERO)
    word = "увеличилась" if difference > 0 else "уменьшилась"
    sheet.gap(2)
    sheet.line_of(f"Стоимость {word} на {figures(abs(difference))} руб.: {in_words(abs(difference))}.", 9, is_bold=True)
    sheet.line_of("Основание: уточнение объёма оказанных услуг по данным лицевого счёта.", 8)
    sheet.gap(5)
    both_sign(sheet, content)
    return sheet.bytes_of()


def _table(sheet: Sheet, content: Content) -> None:
    """What changed, paired by name: what stands on one side only is nothing on the other."""
    was = {line.name: line for line in content.before}
    now = {line.name: line for line in content.lines}
    rate = tax_rate(content.vat_percent)
    rows = []
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name, _nothing(name)), now.get(name, _nothing(name))
        if before == after:
            continue
        rows.append(_row(name, "А (до изменения)", before, rate))
        rows.append(_row("", "Б (после изменения)", after, rate))
        rows.append(_row("", *_difference(before, after), rate))
    head = [("Наименование", "Показатель", "Стоимость без налога", "Ставка", "Сумма налога", "Стоимость с налогом")]
    sheet.grid(head, rows, (100, 40, 34, 20, 34, 34), ("L", "L", "R", "C", "R", "R"), size=8)


def _difference(before: Line, after: Line) -> tuple[str, Line]:
    is_more = after.total >= before.total
    first, second = (after, before) if is_more else (before, after)
    moved = Line(before.name, first.total - second.total, first.vat - second.vat)
    return ("В (увеличение)" if is_more else "Г (уменьшение)"), moved


def _row(name: str, what: str, line: Line, rate: str) -> tuple[str, ...]:
    return (name, what, figures(line.net), rate, figures(line.vat), figures(line.total))


def _nothing(name: str) -> Line:
    return Line(name, Decimal(0), Decimal(0))
