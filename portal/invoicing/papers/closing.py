"""What a closed month comes to on paper: its lines, the papers that it gets, and later what puts them right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.accounts.zone import billing_zone
from portal.billing import statements
from portal.billing.ledger import local_day
from portal.billing.models import EntryKind
from portal.billing.statements import Statement
from portal.invoicing.drawing.lines import call_line, correction_line, fee_line
from portal.invoicing.papers.content import Content, Line, between, read_content, vat_within
from portal.invoicing.papers.issuing import Draft, issue
from portal.invoicing.papers.models import Paper, PaperKind
from portal.invoicing.parties.models import BuyerDetails, SellerDetails
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.money import ZERO, rounded

GRACE = timedelta(hours=6)
"""After a month's end: calls that were on the way are told by then."""
_BACKDATED_DAYS = 5
"""An invoice is due within five days (Tax Code, article 168, 3): until then papers bear the month's last day."""


def close(month: Statement, seller: SellerDetails, buyer: BuyerDetails) -> list[Paper]:
    """The papers of a month that has none; none where nothing was charged, or before the month is quiet."""
    total = rounded(month.charged)
    if total <= ZERO or now() < _start(month.next_first_day) + GRACE:
        return []
    content = between(seller, buyer, month_lines(month, total))
    day = _day_of(month)
    bill = Draft(PaperKind.BILL, _source("bill", month), day, content, month.first_day, due=_debt(month, total))
    return [issue(bill), *(issue(_paper(kind, month, day, content)) for kind in kinds_of(seller))]


def correct(month: Statement, *, is_forced: bool = False) -> list[Paper]:
    """Puts a month right whose ledger has moved since its papers: a correction of each but the bill.

    Unless `is_forced` it waits until the month after the last paper is over too, so that each late call of a month
    does not make a paper of its own.
    """
    made = []
    for paper in _papers_of(month.first_day):
        latest = _latest(paper)
        before = read_content(latest.content)
        after = rounded(month.charged)
        if before.total == after or not (is_forced or _is_of_an_earlier_month(local_day(latest.created_at))):
            continue
        made.append(issue(_correction(paper, month, before, _lines_after(month, after))))
    return made


def kinds_of(seller: SellerDetails) -> Sequence[PaperKind]:
    """What a closed month gets besides its bill."""
    if seller.has_transfer_document:
        return (PaperKind.TRANSFER,)
    return (PaperKind.ACT,) if seller.vat_percent is None else (PaperKind.ACT, PaperKind.INVOICE)


def month_lines(month: Statement, total: Decimal) -> list[tuple[str, Decimal]]:
    """What was charged, by rate, and the fees; together the total to the kopeck, whatever was rounded."""
    rates = statements.rate_sums(month)
    lines = [(call_line(rate.name, month.first_day), rounded(rate.amount)) for rate in rates]
    lines.append((fee_line(month.first_day), -rounded(month.sums[EntryKind.FEE])))
    lines.append((correction_line(month.first_day), -rounded(month.sums[EntryKind.CORRECTION])))
    lines = [(name, amount) for name, amount in lines if amount]
    rest = total - sum((amount for _name, amount in lines), ZERO)
    if not lines:
        return [(call_line("", month.first_day), total)]
    name, amount = lines[0]
    return [(name, amount + rest), *lines[1:]]


def _lines_after(month: Statement, total: Decimal) -> list[tuple[str, Decimal]]:
    return month_lines(month, total) if total else [(fee_line(month.first_day), ZERO)]


def _paper(kind: PaperKind, month: Statement, day: date, content: Content) -> Draft:
    return Draft(kind, _source(kind, month), day, content, month.first_day)


def _correction(paper: Paper, month: Statement, before: Content, lines: list[tuple[str, Decimal]]) -> Draft:
    """Between the parties and with the rate that the first paper named: only the lines move."""
    first = read_content(paper.content)
    after = Content(
        seller=first.seller,
        bank=first.bank,
        signers=first.signers,
        buyer=first.buyer,
        vat_percent=first.vat_percent,
        lines=_with_vat(lines, first.vat_percent),
        before=before.lines,
        extra={"corrected": paper.kind},
    )
    turn = len(_corrections(paper)) + 1
    today = local_day(now())
    source = f"correction:{paper.id}:{turn}"
    return Draft(PaperKind.CORRECTION, source, today, after, month.first_day, corrects=paper)


def _with_vat(lines: list[tuple[str, Decimal]], percent: int | None) -> tuple[Line, ...]:
    return tuple(Line(name, total, vat_within(total, percent)) for name, total in lines)


def _papers_of(first_day: date) -> Sequence[Paper]:
    kinds = (PaperKind.ACT, PaperKind.INVOICE, PaperKind.TRANSFER)
    return db.session.scalars(select(Paper).where(Paper.period == first_day, Paper.kind.in_(kinds))).all()


def _corrections(paper: Paper) -> Sequence[Paper]:
    return db.session.scalars(select(Paper).where(Paper.corrects_id == paper.id).order_by(Paper.id)).all()


def _latest(paper: Paper) -> Paper:
    """What holds now: the paper, or its last correction."""
    return next(reversed(_corrections(paper)), paper)


def _is_of_an_earlier_month(day: date) -> bool:
    return day < local_day(now()).replace(day=1)


def _source(word: str, month: Statement) -> str:
    return f"{word}:{month.number}"


def _day_of(month: Statement) -> date:
    today = local_day(now())
    is_in_time = today < month.next_first_day + timedelta(days=_BACKDATED_DAYS)
    return month.next_first_day - timedelta(days=1) if is_in_time else today


def _debt(month: Statement, total: Decimal) -> Decimal:
    """What of a month is not covered by what had been paid in."""
    return min(max(-rounded(month.closing), ZERO), total)


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=billing_zone())
