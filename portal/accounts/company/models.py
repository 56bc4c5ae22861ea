"""Table of the people whom the provider may ask."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned


class Matter(StrEnum):
    """What a contact person answers for."""

    CONTRACT = "contract"
    MONEY = "money"
    TECHNICAL = "technical"


class ContactPerson(AccountOwned, Model):
    """Somebody of the company whom the provider calls or writes to; need not have a sign-in.

    `phone` is in the universal format, "" for none, as `email` is.
    """

    __tablename__ = "contact_person"
    __table_args__ = owned()

    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(15), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    matter: Mapped[Matter] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
