"""The account's own URL, and what came to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class CapturePage(AccountOwned, Model):
    """One per account. Its token is found by its keyed hash, and sealed so that the page can show the URL again."""

    __tablename__ = "capture_page"
    __table_args__ = owned(UniqueConstraint("account_id"))

    lookup_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(default=now)


class CapturedRequest(AccountOwned, Model):
    """One request as it came. Kept for a day, and of each page the last hundred."""

    __tablename__ = "captured_request"
    __table_args__ = owned(
        points_to("capture_page", "page_id"), Index("ix_captured_request_received_at", "account_id", "received_at")
    )

    page_id: Mapped[int] = mapped_column(BigId)
    received_at: Mapped[datetime] = mapped_column(default=now)
    method: Mapped[str] = mapped_column(String(8))
    query: Mapped[str] = mapped_column(Text)
    headers: Mapped[list[Any]]
    """Pairs [name, value]; keys in them are not kept."""
    body: Mapped[str] = mapped_column(Text)
