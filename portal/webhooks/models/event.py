"""What happened to a call, as webhooks tell it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned


class EventType(StrEnum):
    """What a webhook may tell."""

    CALL_STARTED = "call-started"
    CALL_ANSWERED = "call-answered"
    CALL_FINISHED = "call-finished"
    CALL_MISSED = "call-missed"
    RECORDING_READY = "recording-ready"
    OUTGOING_STARTED = "outgoing-started"


class WebhookEvent(AccountOwned, Model):
    """Something that happened to a call, with the parameters as the CRM gets them; kept also when nobody listens."""

    __tablename__ = "webhook_event"
    __table_args__ = owned(
        UniqueConstraint("account_id", "api_call_id", "type"),
        # From the oldest on: retention.
        Index("ix_webhook_event_happened_at", "happened_at", "id"),
    )

    type: Mapped[EventType] = mapped_column(String(24))
    api_call_id: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[list[Any]]
    """Pairs [name, value] in the contract's order, as text, without nulls."""
    happened_at: Mapped[datetime] = mapped_column(default=now)
