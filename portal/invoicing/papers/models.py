"""Tables of papers: what was drawn up, for ever, and the counters that number it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class PaperKind(StrEnum):
    """What a paper is."""

    BILL = "bill"
    """Счёт на оплату."""
    ACT = "act"
    """Акт об оказании услуг."""
    INVOICE = "invoice"
    """Счёт-фактура."""
    TRANSFER = "transfer"
    """Универсальный передаточный документ, УПД."""
    CORRECTION = "correction"
    """Корректировочный счёт-фактура, УКД or act: what a paper said, and what it should have said."""


class Series(StrEnum):
    """What is numbered together, from 1 on in each year. Corrections stand in the series of what they correct."""

    BILLS = "bills"
    ACTS = "acts"
    INVOICES = "invoices"


SERIES = {
    PaperKind.BILL: Series.BILLS,
    PaperKind.ACT: Series.ACTS,
    PaperKind.INVOICE: Series.INVOICES,
    PaperKind.TRANSFER: Series.INVOICES,
}


class PaperCounter(Model):
    """The last number of a seller's series in a year; locked while a paper is drawn up, and undone with it."""

    __tablename__ = "paper_counter"

    seller_inn: Mapped[str] = mapped_column(String(12), primary_key=True)
    series: Mapped[Series] = mapped_column(String(16), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last_number: Mapped[int]
    last_day: Mapped[date]
    """No later number has an earlier day."""


class Paper(AccountOwned, Model):
    """A paper as it was drawn up: `content` is all that it says. Only what happens to it afterwards changes."""

    __tablename__ = "paper"
    __table_args__ = owned(
        UniqueConstraint("seller_inn", "series", "year", "number"),
        UniqueConstraint("account_id", "source"),
        Index("ix_paper_account_id_issued_on_id", "account_id", "issued_on", "id"),
        points_to("paper", "corrects_id"),
    )

    kind: Mapped[PaperKind] = mapped_column(String(16))
    series: Mapped[Series] = mapped_column(String(16))
    seller_inn: Mapped[str] = mapped_column(String(12))
    year: Mapped[int]
    number: Mapped[int]
    issued_on: Mapped[date]
    period: Mapped[date | None]
    """The first day of the month that it closes; None for a bill that somebody asked for."""
    source: Mapped[str] = mapped_column(String(64))
    """What makes it happen once: `act:2026-10`."""
    content: Mapped[dict[str, Any]]
    total: Mapped[Decimal]
    due: Mapped[Decimal]
    """What a bill asks for; nothing of other papers."""
    paid: Mapped[Decimal]
    """What has come for a bill."""
    corrects_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(default=now)
    mailed_at: Mapped[datetime | None]

    @property
    def is_paid(self) -> bool:
        """Whether all that a bill asks for has come."""
        return self.paid >= self.due

    @property
    def left(self) -> Decimal:
        """What is still to come for a bill."""
        return max(self.due - self.paid, Decimal(0))


class BillPayment(AccountOwned, Model):
    """Money that came for a bill by bank transfer, as the operator found it on the bank's statement."""

    __tablename__ = "bill_payment"
    __table_args__ = owned(
        UniqueConstraint("account_id", "bill_id", "order_number", "paid_on"), points_to("paper", "bill_id")
    )

    bill_id: Mapped[int] = mapped_column(BigId)
    amount: Mapped[Decimal]
    order_number: Mapped[str] = mapped_column(String(20))
    """Of the payer's payment order."""
    paid_on: Mapped[date]
    marked_by: Mapped[str] = mapped_column(String(254))
    marked_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]
