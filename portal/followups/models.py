"""Tables of follow-ups: the work that missed calls make, what people decided about it, how soon it is due."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import User
from portal.calls.models import CallRecord
from portal.contacts.models import CrmUser
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to

DEFAULT_MINUTES = 30


class Closing(StrEnum):
    """What closed a follow-up."""

    CLIENT_CALLED = "client-called"
    """The client got through."""
    CALLED_BACK = "called-back"
    BY_HAND = "by-hand"


class Reason(StrEnum):
    """Why a person closed it without a call."""

    REACHED_OTHERWISE = "reached-otherwise"
    NO_NEED = "no-need"
    NOT_A_CLIENT = "not-a-client"
    OTHER = "other"


_IS_OPEN = text("closed_at is null")
_IS_CLOSED = text("closed_at is not null")


class FollowUp(AccountOwned, Model):
    """The missed calls of one number between two moments in which somebody talked with it, as one piece of work.

    It is open while `closed_at` is null; a number has one open follow-up at most. A call is missed at its end, and
    followed up when a later call with the number is answered.
    """

    __tablename__ = "follow_up"
    __table_args__ = owned(
        points_to("call_record", "last_call_id"),
        points_to("call_record", "closing_call_id"),
        points_to("hand_closing", "hand_closing_id"),
        points_to("crm_user", "owner_crm_user_id"),
        Index(
            "uq_follow_up_account_id_number",
            "account_id",
            "number",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        # The list and its counts read open ones alone, however long the history grows.
        Index(
            "ix_follow_up_due",
            "account_id",
            "due_at",
            "id",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index(
            "ix_follow_up_closed",
            "account_id",
            "closed_at",
            "id",
            sqlite_where=_IS_CLOSED,
            postgresql_where=_IS_CLOSED,
        ),
        Index("ix_follow_up_account_id_number_closed_at", "account_id", "number", "closed_at"),
        Index("ix_follow_up_account_id_first_missed_at", "account_id", "first_missed_at"),
    )

    number: Mapped[str] = mapped_column(String(15))
    did: Mapped[str | None] = mapped_column(String(15))
    """The line that the last of the calls wanted."""
    misses: Mapped[int]
    first_missed_at: Mapped[datetime]
    last_missed_at: Mapped[datetime]
    last_call_id: Mapped[int] = mapped_column(BigId)
    due_at: Mapped[datetime]
    is_due_by_hand: Mapped[bool] = mapped_column(default=False)
    owner_user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id"))
    owner_crm_user_id: Mapped[int | None] = mapped_column(BigId)
    closed_at: Mapped[datetime | None]
    closing: Mapped[Closing | None] = mapped_column(String(16))
    closing_call_id: Mapped[int | None] = mapped_column(BigId)
    hand_closing_id: Mapped[int | None] = mapped_column(BigId)

    last_call: Mapped[CallRecord] = relationship(viewonly=True, foreign_keys=[last_call_id])
    closing_call: Mapped[CallRecord | None] = relationship(viewonly=True, foreign_keys=[closing_call_id])
    hand_closing: Mapped[HandClosing | None] = relationship(viewonly=True, foreign_keys=[hand_closing_id])
    owner_user: Mapped[User | None] = relationship(viewonly=True)
    owner_crm_user: Mapped[CrmUser | None] = relationship(viewonly=True, foreign_keys=[owner_crm_user_id])

    @property
    def is_open(self) -> bool:
        """Whether somebody is still to be called back."""
        return self.closed_at is None

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been done by now."""
        return self.closed_at is None and self.due_at < now()

    @property
    def seconds_to_close(self) -> int | None:
        """How long the client waited, from the first missed call to what closed it."""
        return None if self.closed_at is None else int((self.closed_at - self.first_missed_at).total_seconds())

    @property
    def owner_name(self) -> str | None:
        """Who looks after it, if anybody."""
        owner = self.owner_user or self.owner_crm_user
        return owner.name if owner else None


class HandClosing(AccountOwned, Model):
    """A person's word that nobody need call this number back: a moment of its history, as an answered call is."""

    __tablename__ = "hand_closing"
    __table_args__ = owned(Index("ix_hand_closing_account_id_number_at", "account_id", "number", "at"))

    number: Mapped[str] = mapped_column(String(15))
    at: Mapped[datetime]
    reason: Mapped[Reason] = mapped_column(String(24))
    note: Mapped[str] = mapped_column(String(500), default="")
    by: Mapped[str] = mapped_column(String(200))
    """The name of whoever closed it."""


class FollowUpRules(AccountOwned, Model):
    """One per account: how soon a missed call is due. Locked by whoever changes the account's follow-ups, so that
    two calls of one number which end at once see each other.
    """

    __tablename__ = "follow_up_rules"
    __table_args__ = owned(UniqueConstraint("account_id"))

    minutes: Mapped[int] = mapped_column(default=DEFAULT_MINUTES)
    """Working minutes from the first missed call on."""
