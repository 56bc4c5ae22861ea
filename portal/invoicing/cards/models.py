"""Tables of card payments, and of the shop that takes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class Provider(StrEnum):
    """Who takes the money."""

    YOOKASSA = "yookassa"
    SANDBOX = "sandbox"
    """The demo's own: play money, and a page with two buttons in the bank's place."""


class CardState(StrEnum):
    """How far a payment is. From `SUCCEEDED` nothing leads back: money that goes back is a refund."""

    NEW = "new"
    """The service has not said yet that it knows of it."""
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class CardPayment(AccountOwned, Model):
    """A payment that somebody of the account began."""

    __tablename__ = "card_payment"
    __table_args__ = owned(
        Index("ix_card_payment_state_check_at", "state", "check_at"),
        Index("ix_card_payment_account_id_created_at", "account_id", "created_at"),
    )

    reference: Mapped[str] = mapped_column(String(36), unique=True)
    """Ours: in addresses, in the service's metadata, and the key by which asking twice makes one payment."""
    provider: Mapped[Provider] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The service's own name of it."""
    amount: Mapped[Decimal]
    refunded: Mapped[Decimal]
    state: Mapped[CardState] = mapped_column(String(16), default=CardState.NEW)
    confirmation_url: Mapped[str | None] = mapped_column(Text)
    """Where the payer goes."""
    reason: Mapped[str] = mapped_column(String(64), default="")
    """Why it was cancelled, in the service's word."""
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The receipt that goes with it, as it was when the payment began: asking twice must ask for the same."""
    receipt_state: Mapped[str] = mapped_column(String(16), default="")
    """How far the service's cash register is with it: `pending`, `succeeded`, `canceled`; "" where it says nothing."""
    asked_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(default=now)
    check_at: Mapped[datetime] = mapped_column(default=now)
    """When the service is to be asked next, if it says nothing by itself."""
    settled_at: Mapped[datetime | None]


class CardShop(Model):
    """The operator's shop at YooKassa, one row; the secret is sealed by the installation's key."""

    __tablename__ = "card_shop"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[str] = mapped_column(String(32))
    sealed_secret: Mapped[str] = mapped_column(String(600))
    is_on: Mapped[bool] = mapped_column(default=True)
    receipts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """How its cash register makes out receipts (`receipts.ReceiptRules`); None: it makes none."""
    changed_by: Mapped[str] = mapped_column(String(254))
    changed_at: Mapped[datetime] = mapped_column(default=now)
