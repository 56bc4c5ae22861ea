"""Tables of people: the CRM's users and the contacts who call."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to
from portal.telephony.models import SipLine


class CrmUser(AccountOwned, Model):
    """A user of the CRM (not of this cabinet), and the SIP account that takes this person's calls.

    A removed user keeps the row, so that the removal can be undone and old calls keep the name.
    """

    __tablename__ = "crm_user"
    __table_args__ = owned(
        points_to("sip_line", "sip_line_id"),
        Index(
            "uq_crm_user_account_id_sip_line_id",
            "account_id",
            "sip_line_id",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
        Index(
            "uq_crm_user_account_id_mobile",
            "account_id",
            "mobile",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
        Index(
            "uq_crm_user_account_id_crm_id",
            "account_id",
            "crm_id",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
    )

    name: Mapped[str] = mapped_column(String(200))
    sip_line_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
    mobile: Mapped[str | None] = mapped_column(String(15))
    """This person's own mobile (universal format): a call from it is no new contact."""
    is_on_duty: Mapped[bool] = mapped_column(default=True)
    """Whoever is off duty is not rung."""
    crm_id: Mapped[str | None] = mapped_column(String(64))
    """This person's id in the CRM that is connected."""

    sip_line: Mapped[SipLine | None] = relationship(viewonly=True)


def sort_text(name: str, company: str = "") -> str:
    """What a contact is sorted by: SQLite folds the case of Latin letters only, so we do it here."""
    return f"{name} {company}".strip().casefold()


def _sorted_at_insert(context: Any) -> str:
    values = context.get_current_parameters()
    return sort_text(values["name"], values.get("company") or "")


class Contact(AccountOwned, Model):
    """Somebody outside who calls or is called; `crm_user` is the one who looks after them."""

    __tablename__ = "contact"
    __table_args__ = owned(
        points_to("crm_user", "crm_user_id"),
        Index("ix_contact_account_id_sort_text_id", "account_id", "sort_text", "id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    company: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    sort_text: Mapped[str] = mapped_column(String(600), default=_sorted_at_insert)
    """`sort_text` of name and company; folding may lengthen a text. Kept by `contacts.upkeep`."""
    words: Mapped[str] = mapped_column(Text, default="")
    """All to look for, in one column: see `kernel.textsearch`. Kept by `contacts.upkeep`."""
    crm_user_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=0)
    """Grows with each change, so that of two people none writes over the other unseen."""

    numbers: Mapped[list[ContactNumber]] = relationship(
        back_populates="contact", order_by="ContactNumber.id", cascade="all, delete-orphan"
    )
    crm_user: Mapped[CrmUser | None] = relationship(viewonly=True)


class ContactNumber(AccountOwned, Model):
    """One number of a contact, in the universal format; it leads to one contact of the account."""

    __tablename__ = "contact_number"
    __table_args__ = owned(points_to("contact", "contact_id"), UniqueConstraint("account_id", "number"))

    contact_id: Mapped[int] = mapped_column(BigId, index=True)
    number: Mapped[str] = mapped_column(String(15))

    contact: Mapped[Contact] = relationship(back_populates="numbers")
