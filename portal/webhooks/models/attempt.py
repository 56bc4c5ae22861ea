"""What was tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to

_HAS_BODY = text("response_body is not null")


class DeliveryAttempt(AccountOwned, Model):
    """One try: what was sent, what came back, how long each part took. Never changed."""

    __tablename__ = "delivery_attempt"
    __table_args__ = owned(
        points_to("webhook_delivery", "delivery_id"),
        UniqueConstraint("account_id", "delivery_id", "number"),
        # Where retention finds the oldest answers that still have their body.
        Index("ix_delivery_attempt_with_body", "id", sqlite_where=_HAS_BODY, postgresql_where=_HAS_BODY),
    )

    delivery_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    started_at: Mapped[datetime]
    request_line: Mapped[str]
    request_headers: Mapped[list[Any]]
    """Pairs [name, value] as they were written; empty where nothing was sent."""
    status: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(String(32))
    """`kernel.http.FailureKind`, where there was no whole answer."""
    failure_text: Mapped[str | None] = mapped_column(String(500))
    response_headers: Mapped[list[Any] | None]
    response_body: Mapped[str | None]
    """What was read of it; null where there was no answer, or where it was forgotten since it is old."""
    is_cut: Mapped[bool] = mapped_column(default=False)
    peer: Mapped[str | None] = mapped_column(String(64))
    """Address and port that were dialled."""
    phases: Mapped[dict[str, Any]]
    """Milliseconds: dns, connect, tls, first_byte, total; null where there was no such part."""
