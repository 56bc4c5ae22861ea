"""Entries of the trail: of an account, and of the installation as a whole; and where each chain ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class _Entry:
    """Who did what, when, from where; written by the service in its own transaction, never changed."""

    number: Mapped[int]
    """Its place in the chain, from 1, without gaps."""
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(254))

    @declared_attr
    def user_id(cls) -> Mapped[int | None]:  # noqa: N805 (SQLAlchemy calls it with the class)
        return mapped_column(BigId, ForeignKey("user.id"))

    address: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(300))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    seal: Mapped[str] = mapped_column(String(64))
    """Keyed hash of all of this and of the seal before it."""


class AuditEntry(_Entry, AccountOwned, Model):
    """What was done in an account."""

    __tablename__ = "audit_entry"
    __table_args__ = owned(
        UniqueConstraint("account_id", "number"), Index("ix_audit_entry_account_id_at", "account_id", "at")
    )


class InstallationEntry(_Entry, Model):
    """What was done to no account in particular: by the operator, or by somebody who belongs to none."""

    __tablename__ = "installation_audit_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)


class AuditHead(Model):
    """Where a chain ends: whoever writes next waits for this row. `chain` is the account's id, or 0."""

    __tablename__ = "audit_head"

    chain: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
    """The last entry's."""
    mark: Mapped[str] = mapped_column(String(64))
    """Keyed hash of the two above: entries cut off at the end are missed."""
