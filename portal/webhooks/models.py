"""Tables of webhooks: who wants to know what, what happened, what is to be delivered, what was tried."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class EventType(StrEnum):
    """What a webhook may tell."""

    CALL_STARTED = "call-started"
    CALL_FINISHED = "call-finished"


class SubscriptionState(StrEnum):
    """Whether a webhook sends."""

    ACTIVE = "active"
    PAUSED = "paused"
    OFF = "off"
    """Switched off by the portal: the receiver said that it is gone (410)."""


class WebhookSubscription(AccountOwned, Model):
    """A URL and an event. A removed one keeps its row: the removal can be undone, its deliveries stay readable."""

    __tablename__ = "webhook_subscription"
    __table_args__ = owned(
        Index(
            "uq_webhook_subscription_account_id_event_url",
            "account_id",
            "event",
            "url",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        )
    )

    url: Mapped[str] = mapped_column(String(2000))
    event: Mapped[EventType] = mapped_column(String(24))
    state: Mapped[SubscriptionState] = mapped_column(String(16), default=SubscriptionState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class WebhookEvent(AccountOwned, Model):
    """Something that happened to a call, with the parameters as the CRM gets them; kept also when nobody listens."""

    __tablename__ = "webhook_event"
    __table_args__ = owned(UniqueConstraint("account_id", "type", "api_call_id"))

    type: Mapped[EventType] = mapped_column(String(24))
    api_call_id: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[list[Any]]
    """Pairs [name, value] in the contract's order, without nulls."""
    happened_at: Mapped[datetime] = mapped_column(default=now)


class DeliveryState(StrEnum):
    """How far one delivery has come."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class WebhookDelivery(AccountOwned, Model):
    """One event to one webhook. `public_id` is the `webhook-id` header, the same at each attempt.

    A sender claims it with a random `claim` until `lease_until`; only the holder of the claim may complete it.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = owned(
        points_to("webhook_subscription", "subscription_id"),
        points_to("webhook_event", "event_id"),
        UniqueConstraint("account_id", "subscription_id", "event_id"),
        Index(
            "ix_webhook_delivery_due",
            "due_at",
            sqlite_where=text("state in ('waiting', 'sending')"),
            postgresql_where=text("state in ('waiting', 'sending')"),
        ),
        Index("ix_webhook_delivery_account_id_subscription_id_id", "account_id", "subscription_id", "id"),
        Index("ix_webhook_delivery_account_id_event_id", "account_id", "event_id"),
    )

    subscription_id: Mapped[int] = mapped_column(BigId)
    event_id: Mapped[int] = mapped_column(BigId)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[DeliveryState] = mapped_column(String(16), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    """When it is to be sent; while it is being sent: when its lease runs out."""
    expires_at: Mapped[datetime]
    claim: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    subscription: Mapped[WebhookSubscription] = relationship(viewonly=True)
    event: Mapped[WebhookEvent] = relationship(viewonly=True)
    tries: Mapped[list[DeliveryAttempt]] = relationship(viewonly=True, order_by="DeliveryAttempt.number")


class DeliveryAttempt(AccountOwned, Model):
    """One try: what was sent, what came back, how long each part took. Never changed."""

    __tablename__ = "delivery_attempt"
    __table_args__ = owned(
        points_to("webhook_delivery", "delivery_id"), UniqueConstraint("account_id", "delivery_id", "number")
    )

    delivery_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    started_at: Mapped[datetime]
    request_line: Mapped[str] = mapped_column(String(4000))
    request_headers: Mapped[list[Any]]
    status: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(String(32))
    failure_text: Mapped[str | None] = mapped_column(String(500))
    response_headers: Mapped[list[Any] | None]
    response_body: Mapped[str | None]
    is_cut: Mapped[bool] = mapped_column(default=False)
    peer: Mapped[str | None] = mapped_column(String(64))
    phases: Mapped[dict[str, Any]]
    """Milliseconds: dns, connect, tls, first_byte, total."""
