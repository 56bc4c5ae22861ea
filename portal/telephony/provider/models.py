"""Tables of the provider engine: one link per account, its notices, and which of its calls is which of ours."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned


class ProviderLink(AccountOwned, Model):
    """How an account reaches its provider, and how that went. The key is sealed and shown to nobody.

    The token of the URL for notices is found by its keyed hash, and sealed so that the page can show the URL.
    `trouble` is a `client.Trouble`, "" while all is well; until `resting_until` nothing is asked.
    """

    __tablename__ = "provider_link"
    __table_args__ = owned(UniqueConstraint("account_id"))

    url: Mapped[str] = mapped_column(String(1000))
    sealed_key: Mapped[str] = mapped_column(String(1000))
    is_bearer: Mapped[bool] = mapped_column(default=False)
    is_on: Mapped[bool] = mapped_column(default=True)
    inlet_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_inlet: Mapped[str] = mapped_column(String(400))
    changed_at: Mapped[datetime] = mapped_column(default=now)
    good_at: Mapped[datetime | None]
    """When the provider last gave a whole answer: how old what the pages show may be."""
    reconciled_at: Mapped[datetime | None]
    """When the last day was last gone through."""
    noticed_at: Mapped[datetime | None]
    """When its last notice came."""
    trouble: Mapped[str] = mapped_column(String(24), default="")
    detail: Mapped[str] = mapped_column(String(200), default="")
    failed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    resting_until: Mapped[datetime | None]
    unread: Mapped[int] = mapped_column(default=0)
    """Calls of the last reconcile that could not be read, and why the first of them."""
    unread_why: Mapped[str] = mapped_column(String(200), default="")


class ProviderNotice(AccountOwned, Model):
    """A notice as it came, kept before it is answered and handed on once. Told again, it changes nothing."""

    __tablename__ = "provider_notice"
    __table_args__ = owned(
        Index(
            "ix_provider_notice_new",
            "account_id",
            "id",
            sqlite_where=text("handed_on_at is null"),
            postgresql_where=text("handed_on_at is null"),
        ),
        Index("ix_provider_notice_received_at", "account_id", "received_at"),
    )

    received_at: Mapped[datetime] = mapped_column(default=now)
    parameters: Mapped[dict[str, Any]]
    handed_on_at: Mapped[datetime | None]


class RecordState(StrEnum):
    """How far the record of a call has come."""

    NONE = "none"
    WANTED = "wanted"
    FETCHED = "fetched"
    GIVEN_UP = "given-up"


class ProviderCall(AccountOwned, Model):
    """Which call of the provider's is which of ours, and how much of it is written.

    `version` is taken before the journal is told, `told` when it has been: a crash between the two tells it again.
    `told` is a digest of the facts, `weight` a `facts.Weight`.
    """

    __tablename__ = "provider_call"
    __table_args__ = owned(
        UniqueConstraint("account_id", "upstream_id"),
        UniqueConstraint("account_id", "api_call_id"),
        Index(
            "ix_provider_call_open",
            "account_id",
            "started_at",
            sqlite_where=text("not is_over"),
            postgresql_where=text("not is_over"),
        ),
        Index(
            "ix_provider_call_record",
            "account_id",
            "record_due_at",
            sqlite_where=text("record_due_at is not null"),
            postgresql_where=text("record_due_at is not null"),
        ),
    )

    upstream_id: Mapped[str] = mapped_column(String(32))
    api_call_id: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    weight: Mapped[int] = mapped_column(default=0)
    is_over: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)
    told: Mapped[str] = mapped_column(String(32), default="")
    record: Mapped[RecordState] = mapped_column(String(16), default=RecordState.NONE)
    record_due_at: Mapped[datetime | None]
    record_tries: Mapped[int] = mapped_column(default=0)
