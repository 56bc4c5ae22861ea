"""Correcting charges: what it would change, and what it changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.money import ZERO
from portal.kernel.tenancy import AccountOwned, owned


class ReRatingState(StrEnum):
    """How far it has come."""

    COUNTING = "counting"
    READY = "ready"
    """Counted: the operator decides."""
    APPLYING = "applying"
    DONE = "done"
    DROPPED = "dropped"


class ReRating(AccountOwned, Model):
    """The calls of some days, priced once more by the tariffs as they are now.

    Nothing that was posted is changed: each call whose price is another gets a correction, keyed by this row's id and
    the call's. The sums are those of the preview until it is applied, and then of what was really posted.
    """

    __tablename__ = "re_rating"
    __table_args__ = owned()

    first_day: Mapped[date]
    last_day: Mapped[date]
    state: Mapped[ReRatingState] = mapped_column(String(16), default=ReRatingState.COUNTING)
    calls: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    before: Mapped[Decimal] = mapped_column(default=ZERO)
    """What the changed calls cost so far; `after`: what they cost now."""
    after: Mapped[Decimal] = mapped_column(default=ZERO)
    examples: Mapped[list[Any] | None]
    """The first of them: id of the call, price so far, price now."""
    reached_at: Mapped[datetime | None]
    reached_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(254))
    applied_at: Mapped[datetime | None]

    @property
    def difference(self) -> Decimal:
        """What the balance gains; negative: loses."""
        return self.before - self.after

    @property
    def is_going_on(self) -> bool:
        """Whether a job works on it."""
        return self.state in (ReRatingState.COUNTING, ReRatingState.APPLYING)
