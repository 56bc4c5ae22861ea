"""What is to be delivered, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to
from portal.webhooks.models.attempt import DeliveryAttempt
from portal.webhooks.models.event import WebhookEvent
from portal.webhooks.models.subscription import WebhookSubscription


class DeliveryState(StrEnum):
    """How far one delivery has come."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Every try was used up."""
    EXPIRED = "expired"
    """Too late to be of use: the start of a call after a minute."""
    CANCELLED = "cancelled"
    """Its webhook was removed first."""


class Lane(IntEnum):
    """Which deliveries go first: a card that must pop up, then what must be noted, then what is repeated by hand."""

    START = 0
    END = 1
    REPEAT = 2


_IS_REAL = text("not is_test")
_IS_OPEN = text("state in ('waiting', 'sending')")
_HAS_NOT_ARRIVED = text("state in ('waiting', 'sending', 'failed', 'expired')")
_IS_SENDING = text("state = 'sending'")
_IS_BEHIND = text("waits_for_id is not null")
_CAN_EXPIRE = text("state = 'waiting' and expires_at is not null")


class WebhookDelivery(AccountOwned, Model):
    """One event to one webhook. `public_id` is the `webhook-id` header, the same at each attempt.

    A sender claims it with a random `claim` until `due_at`; only the holder of the claim may complete it.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = owned(
        points_to("webhook_subscription", "subscription_id"),
        points_to("webhook_event", "event_id"),
        Index(
            "uq_webhook_delivery_account_id_event_id_subscription_id",
            "account_id",
            "event_id",
            "subscription_id",
            unique=True,
            sqlite_where=_IS_REAL,
            postgresql_where=_IS_REAL,
        ),
        # What the queue reads holds open deliveries alone, so that it stays small however long the history grows.
        Index("ix_webhook_delivery_due_at", "due_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index(
            "ix_webhook_delivery_queue",
            "subscription_id",
            "lane",
            "due_at",
            "id",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index(
            "ix_webhook_delivery_in_flight",
            "subscription_id",
            "account_id",
            "due_at",
            sqlite_where=_IS_SENDING,
            postgresql_where=_IS_SENDING,
        ),
        # The call log: calls with a notice that has not arrived.
        Index(
            "ix_webhook_delivery_not_arrived",
            "account_id",
            "id",
            sqlite_where=_HAS_NOT_ARRIVED,
            postgresql_where=_HAS_NOT_ARRIVED,
        ),
        Index("ix_webhook_delivery_waits_for_id", "waits_for_id", sqlite_where=_IS_BEHIND, postgresql_where=_IS_BEHIND),
        Index("ix_webhook_delivery_expires_at", "expires_at", sqlite_where=_CAN_EXPIRE, postgresql_where=_CAN_EXPIRE),
        # A webhook's page: all of its deliveries, or those of one state, newest first.
        Index("ix_webhook_delivery_account_id_subscription_id_id", "account_id", "subscription_id", "id"),
        Index(
            "ix_webhook_delivery_account_id_subscription_id_created_at",
            "account_id",
            "subscription_id",
            "created_at",
        ),
        Index(
            "ix_webhook_delivery_account_id_subscription_id_state_id",
            "account_id",
            "subscription_id",
            "state",
            "id",
        ),
    )

    subscription_id: Mapped[int] = mapped_column(BigId)
    event_id: Mapped[int] = mapped_column(BigId)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[DeliveryState] = mapped_column(String(16), default=DeliveryState.WAITING)
    lane: Mapped[Lane] = mapped_column(SmallInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was tried in all: the number of its rows in `delivery_attempt`."""
    step: Mapped[int] = mapped_column(default=0)
    """How many tries of the present round failed; a repeat by hand begins a new round."""
    due_at: Mapped[datetime] = mapped_column(default=now)
    """When it is to be sent; while it is being sent: when its lease runs out."""
    expires_at: Mapped[datetime | None]
    """From when on it is worth nothing; null: it always is."""
    waits_for_id: Mapped[int | None] = mapped_column(BigId)
    """The start of the same call to the same URL, which goes first; `due_at` bounds the wait."""
    claim: Mapped[str | None] = mapped_column(String(32))
    is_test: Mapped[bool] = mapped_column(default=False)
    """Sent by hand to try the webhook, beside what was sent of the same event for real; tried once."""
    last_status: Mapped[int | None]
    last_failure: Mapped[str | None] = mapped_column(String(32))
    last_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    subscription: Mapped[WebhookSubscription] = relationship(viewonly=True)
    event: Mapped[WebhookEvent] = relationship(viewonly=True)
    tries: Mapped[list[DeliveryAttempt]] = relationship(viewonly=True, order_by="DeliveryAttempt.number.desc()")

    @property
    def is_open(self) -> bool:
        """Whether it is still to be sent."""
        return self.state in {DeliveryState.WAITING, DeliveryState.SENDING}
