"""Tables of working hours: a week per public number, and days that differ from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class LineHours(AccountOwned, Model):
    """When a public number is answered, in the account's zone; a number without a row is open round the clock.

    `week` holds seven texts from Monday on, each as `hours.spans` writes it (`09:00-13:00, 14:00-18:00`; "" = closed);
    null means round the clock. `previous` is what stood there before the latest change, for taking it back.
    """

    __tablename__ = "line_hours"
    __table_args__ = owned(points_to("did", "did_id"), UniqueConstraint("account_id", "did_id"))

    did_id: Mapped[int] = mapped_column(BigId)
    week: Mapped[list[Any] | None]
    previous: Mapped[list[Any] | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class HoursException(AccountOwned, Model):
    """Days (both included) on which `spans` is true instead of the week; of one public number, or of all (None)."""

    __tablename__ = "hours_exception"
    __table_args__ = owned(points_to("did", "did_id"))

    did_id: Mapped[int | None] = mapped_column(BigId)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    spans: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    removed_at: Mapped[datetime | None]
