"""What the people of an account must hear of their money, and who has put it away."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class MoneyAlertKind(StrEnum):
    """What has happened."""

    LOW = "low"
    """The balance fell below the threshold."""
    SHORT = "short"
    """At the present pace it lasts for a few days only."""


class MoneyAlert(AccountOwned, Model):
    """One crossing of a threshold, until the balance is on the right side of it again."""

    __tablename__ = "money_alert"
    __table_args__ = owned(Index("ix_money_alert_account_id_ended_at", "account_id", "ended_at"))

    kind: Mapped[MoneyAlertKind] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(default=now)
    balance: Mapped[Decimal]
    """What there was at that moment."""
    ended_at: Mapped[datetime | None]


class DismissedMoneyAlert(AccountOwned, Model):
    """A person has read it."""

    __tablename__ = "dismissed_money_alert"
    __table_args__ = owned(points_to("money_alert", "alert_id"), UniqueConstraint("account_id", "alert_id", "user_id"))

    alert_id: Mapped[int] = mapped_column(BigId)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))


class LedgerFault(AccountOwned, Model):
    """The books of an account did not agree: the operator hears of it until a check finds them right again."""

    __tablename__ = "ledger_fault"
    __table_args__ = owned(Index("ix_ledger_fault_ended_at", "ended_at"))

    found_at: Mapped[datetime] = mapped_column(default=now)
    kept: Mapped[Decimal]
    """The balance as it is kept."""
    days: Mapped[Decimal]
    """The sum of the days."""
    posted: Mapped[Decimal | None]
    """The sum of the postings; null where only the days were added up."""
    ended_at: Mapped[datetime | None]
