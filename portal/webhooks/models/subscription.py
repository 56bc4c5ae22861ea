"""Who wants to know what, and whether it can be reached."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

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


class Method(StrEnum):
    """How an event goes over the wire."""

    GET = "GET"
    """The provider's way: parameters in the query."""
    POST = "POST"
    """JSON, signed as Standard Webhooks has it."""


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
    earlier_events: Mapped[list[Any] | None]
    """What it told before somebody chose another event for it: its deliveries of them stay."""
    state: Mapped[SubscriptionState] = mapped_column(String(16), default=SubscriptionState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=now)
    hears_since: Mapped[datetime] = mapped_column(default=now)
    """When it began to hear of the event and the calls that it hears of now: none of before did it miss."""
    removed_at: Mapped[datetime | None]

    method: Mapped[Method] = mapped_column(String(8), default=Method.GET)
    headers: Mapped[list[Any] | None]
    """Custom headers: [name, value, is_sealed]; a sensitive value is sealed by the vault and never shown again."""
    secret: Mapped[str | None] = mapped_column(String(400))
    """Sealed; what POST is signed with."""
    old_secret: Mapped[str | None] = mapped_column(String(400))
    """Sealed; the one before, which signs too until `old_secret_until`."""
    old_secret_until: Mapped[datetime | None]
    dids: Mapped[list[Any] | None]
    """Of these public numbers only; null or empty: of all. The same for the two below."""
    sip_lines: Mapped[list[Any] | None]
    outcomes: Mapped[list[Any] | None]

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
    def events(self) -> list[str]:
        """All that its deliveries can tell: its event, and those of before."""
        return list(dict.fromkeys([self.event, *(self.earlier_events or ())]))

    @property
    def is_signed(self) -> bool:
        """Whether each request carries a signature."""
        return self.method == Method.POST and self.secret is not None

    @property
    def is_narrowed(self) -> bool:
        """Whether it hears of some calls only."""
        return bool(self.dids or self.sip_lines or self.outcomes)

    @property
    def is_failing(self) -> bool:
        """Whether its receiver does not answer as it should, as far as the last tries tell."""
        return self.failing_since is not None
