"""Who wants to know what, and whether it can be reached."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned
from portal.webhooks.models.event import EventType


class SubscriptionState(StrEnum):
    """Whether a webhook sends. What comes while it does not is kept and goes out when it sends again."""

    ACTIVE = "active"
    PAUSED = "paused"
    OFF = "off"
    """Switched off by the portal: the receiver said that it is gone (410)."""


_IS_PROBED = text("probe_at is not null")
_IS_PACED = text("next_send_at is not null")


class WebhookSubscription(AccountOwned, Model):
    """A URL and an event. A removed one keeps its row: the removal can be undone, its deliveries stay readable.

    `url` is as the person typed it and is what is sent; `canonical_url` tells whether two of them are the same.
    """

    __tablename__ = "webhook_subscription"
    __table_args__ = owned(
        Index(
            "uq_webhook_subscription_account_id_event_canonical_url",
            "account_id",
            "event",
            "canonical_url",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
        # When the worker is to look again: few webhooks fail or are held to a rate at any moment.
        Index("ix_webhook_subscription_probe_at", "probe_at", sqlite_where=_IS_PROBED, postgresql_where=_IS_PROBED),
        Index(
            "ix_webhook_subscription_next_send_at",
            "next_send_at",
            sqlite_where=_IS_PACED,
            postgresql_where=_IS_PACED,
        ),
    )

    url: Mapped[str] = mapped_column(String(2000))
    canonical_url: Mapped[str] = mapped_column(String(2000))
    event: Mapped[EventType] = mapped_column(String(24))
    state: Mapped[SubscriptionState] = mapped_column(String(16), default=SubscriptionState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]

    rate_per_minute: Mapped[int | None]
    """At most so many tries a minute, evenly spread, by all workers together; null: as many as it takes."""
    next_send_at: Mapped[datetime | None]
    """Before then its rate lets nothing out."""

    failing_since: Mapped[datetime | None]
    """When the first of the failures came by which it counts as failing; null: it does not fail."""
    failures: Mapped[int] = mapped_column(default=0)
    """How many tries in a row came to nothing."""
    recent_failures: Mapped[int] = mapped_column(default=0)
    """Its last 20 tries as bits, the latest one lowest: 1 where one came to nothing."""
    first_failure_at: Mapped[datetime | None]
    """When the first of those `failures` came."""
    quiet_until: Mapped[datetime | None]
    """What its receiver asked for with Retry-After, within our cap."""
    probe_at: Mapped[datetime | None]
    """The breaker: while this is set nothing goes out but, from then on, one delivery to see whether it is back."""
    probes: Mapped[int] = mapped_column(default=0)
    """How many of those came to nothing."""

    @property
    def is_failing(self) -> bool:
        """Whether its receiver does not answer as it should, as far as the last tries tell."""
        return self.failing_since is not None
