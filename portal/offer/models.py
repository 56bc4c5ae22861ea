"""Tables of the offer: versions and the draft belong to the installation, acceptances to the accounts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class OfferVersion(Model):
    """The provider's offer as it reads from a day on: never changed, only followed by the next number.

    It belongs to no account, and so to no account's audit trail: the row itself says who published it when.
    """

    __tablename__ = "offer_version"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    """The first day on which it is in force."""
    published_by: Mapped[str] = mapped_column(String(254))
    published_at: Mapped[datetime] = mapped_column(default=now)


class OfferDraft(Model):
    """The next version while the operator writes it: one row at most. `revision` tells writers who came between."""

    __tablename__ = "offer_draft"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(default=1)
    saved_by: Mapped[str] = mapped_column(String(254))
    saved_at: Mapped[datetime] = mapped_column(default=now)


class OfferAcceptance(AccountOwned, Model):
    """A company has accepted a version, once; the person keeps the name and the address of then."""

    __tablename__ = "offer_acceptance"
    __table_args__ = owned(UniqueConstraint("account_id", "version_id"))

    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("offer_version.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id"))
    person: Mapped[str] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(64))
    """Where the request came from."""
    at: Mapped[datetime] = mapped_column(default=now)

    version: Mapped[OfferVersion] = relationship()
