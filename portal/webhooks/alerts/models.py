"""The changes, and who has put which away."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to
from portal.webhooks.models import WebhookSubscription


class AlertKind(StrEnum):
    """What a webhook has become."""

    FAILING = "failing"
    SWITCHED_OFF = "switched-off"
    RECOVERED = "recovered"


class WebhookAlert(AccountOwned, Model):
    """One change of one webhook."""

    __tablename__ = "webhook_alert"
    __table_args__ = owned(
        points_to("webhook_subscription", "subscription_id"),
        Index("ix_webhook_alert_account_id_at", "account_id", "at"),
    )

    subscription_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[AlertKind] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(default=now)

    subscription: Mapped[WebhookSubscription] = relationship(viewonly=True)


class DismissedAlert(AccountOwned, Model):
    """A person has read it."""

    __tablename__ = "dismissed_alert"
    __table_args__ = owned(
        points_to("webhook_alert", "alert_id"), UniqueConstraint("account_id", "alert_id", "user_id")
    )

    alert_id: Mapped[int] = mapped_column(BigId)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
