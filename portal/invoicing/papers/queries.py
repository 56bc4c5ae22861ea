"""Reads of papers: an account's, one with all that followed it, the operator's bills that wait for money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ScalarSelect, func, select

from portal.accounts.models import Account
from portal.invoicing.papers.models import BillPayment, Paper, PaperKind
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.money import ZERO

MOST_OF_A_PERIOD = 2000


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill of some account, for the operator."""

    bill: Paper
    company: str


def papers(first: date | None = None, last: date | None = None, kind: PaperKind | None = None) -> Sequence[Paper]:
    """The entered account's papers issued between two days, the newest first."""
    query = select(Paper)
    if first is not None:
        query = query.where(Paper.issued_on >= first)
    if last is not None:
        query = query.where(Paper.issued_on <= last)
    if kind is not None:
        query = query.where(Paper.kind == kind)
    return db.session.scalars(query.order_by(Paper.issued_on.desc(), Paper.id.desc()).limit(MOST_OF_A_PERIOD)).all()


def find_paper(paper_id: int, *, locks: bool = False) -> Paper:
    """One paper; `locks` keeps others waiting. Raises `NotFound`."""
    query = select(Paper).where(Paper.id == paper_id)
    if locks:
        query = query.with_for_update().execution_options(populate_existing=True)
    paper = db.session.scalar(query)
    if paper is None:
        raise NotFound
    return paper


def payments_of(bill: Paper) -> Sequence[BillPayment]:
    """What was marked for a bill, the oldest first."""
    return db.session.scalars(
        select(BillPayment).where(BillPayment.bill_id == bill.id).order_by(BillPayment.paid_on, BillPayment.id)
    ).all()


def corrections_of(paper: Paper) -> Sequence[Paper]:
    """The papers that correct this one, the oldest first."""
    return db.session.scalars(select(Paper).where(Paper.corrects_id == paper.id).order_by(Paper.id)).all()


def years() -> Sequence[int]:
    """The years in which the entered account got papers, the newest first."""
    return db.session.scalars(select(Paper.year).distinct().order_by(Paper.year.desc())).all()


def bill_rows(*, is_paid: bool, number: int | None = None) -> Sequence[BillRow]:
    """Bills of every account, the newest first, at most 200. For the operator."""
    is_settled = Paper.paid >= Paper.due
    query = (
        select(Paper, Account.name)
        .join(Account, Account.id == Paper.account_id)
        .where(Paper.kind == PaperKind.BILL, Paper.due > ZERO, is_settled if is_paid else ~is_settled)
    )
    if number is not None:
        query = query.where(Paper.number == number)
    rows = db.session.execute(query.order_by(Paper.issued_on.desc(), Paper.id.desc()).limit(200))
    return [BillRow(bill, name) for bill, name in rows]


def waiting_bills() -> ScalarSelect[int]:
    """How many bills of every account wait for money: part of a statement, for the operator."""
    waiting = Paper.kind == PaperKind.BILL, Paper.due > ZERO, Paper.paid < Paper.due
    return select(func.count(Paper.id)).where(*waiting).scalar_subquery()
