"""Tables of parties: the seller is the installation's operator, a buyer is an account's company."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class PartyColumns:
    """What papers say of either side. Numbers are checked before they come here; an entrepreneur has no KPP."""

    is_company: Mapped[bool] = mapped_column(default=True)
    """A legal entity; otherwise an individual entrepreneur."""
    name: Mapped[str] = mapped_column(String(250))
    inn: Mapped[str] = mapped_column(String(12))
    kpp: Mapped[str] = mapped_column(String(9), default="")
    ogrn: Mapped[str] = mapped_column(String(15), default="")
    address: Mapped[str] = mapped_column(String(300))
    revision: Mapped[int] = mapped_column(default=1)
    """Counts changes, so that two who edit at the same time hear of each other."""
    changed_by: Mapped[str] = mapped_column(String(254), default="")
    changed_at: Mapped[datetime] = mapped_column(default=now)


class SellerDetails(PartyColumns, Model):
    """The operator's company, one row: who sells, into which account, who signs."""

    __tablename__ = "seller_details"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bank_name: Mapped[str] = mapped_column(String(150))
    bik: Mapped[str] = mapped_column(String(9))
    bank_account: Mapped[str] = mapped_column(String(20))
    correspondent_account: Mapped[str] = mapped_column(String(20), default="")
    director_title: Mapped[str] = mapped_column(String(100), default="")
    director_name: Mapped[str] = mapped_column(String(100), default="")
    accountant_name: Mapped[str] = mapped_column(String(100), default="")
    vat_percent: Mapped[int | None]
    """The rate that is within every price; None: the seller pays no VAT."""
    has_transfer_document: Mapped[bool] = mapped_column(default=False)
    """A closed month gets one UPD in the place of an act and an invoice."""
    papers_since: Mapped[date]
    """The first month (its first day) that gets papers."""


class BuyerDetails(AccountOwned, PartyColumns, Model):
    """The account's company, as its admin wrote it down."""

    __tablename__ = "buyer_details"
    __table_args__ = owned(UniqueConstraint("account_id"))

    papers_email: Mapped[str] = mapped_column(String(254), default="")
    """Where new papers are sent; nothing: nowhere."""
    signatory: Mapped[str] = mapped_column(String(100), default="")
    closed_through: Mapped[date | None]
    """The first day of the last month whose papers were seen to; None: of none."""
