"""Tables of groups: their CRM users, how they are rung, what happens when nobody answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.contacts.models import CrmUser
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class HuntStrategy(StrEnum):
    """How the members of a group are rung."""

    SEQUENTIAL = "sequential"
    SIMULTANEOUS = "simultaneous"
    ROUND_ROBIN = "round-robin"
    LONGEST_IDLE = "longest-idle"
    FEWEST_TODAY = "fewest-today"
    RANDOM = "random"


class FallbackKind(StrEnum):
    """What happens when nobody answers."""

    HANG_UP = "hang-up"
    SIP_LINE = "sip-line"
    NUMBER = "number"
    GROUP = "group"
    ANNOUNCEMENT = "announcement"


class HuntGroup(AccountOwned, Model):
    """CRM users who are rung together by one strategy. The one named `new-contacts` takes calls of new contacts.

    `fallback` is taken when nobody answers, and in each case that has no `HuntFallback` of its own.
    `last_member_id` is whom round robin last began with (`HuntMember.id`); it is moved in the transaction that plans a
    call. Durations are seconds.
    """

    __tablename__ = "hunt_group"
    __table_args__ = owned(
        points_to("hunt_group", "fallback_group_id"),
        Index(
            "uq_hunt_group_account_id_name",
            "account_id",
            "name",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        ),
    )

    name: Mapped[str] = mapped_column(String(100), default="new-contacts")
    strategy: Mapped[HuntStrategy] = mapped_column(String(16), default=HuntStrategy.SEQUENTIAL)
    ring_seconds: Mapped[int] = mapped_column(default=15)
    rounds: Mapped[int] = mapped_column(default=1)
    total_seconds: Mapped[int] = mapped_column(default=120)
    owner_seconds: Mapped[int] = mapped_column(default=15)
    fallback: Mapped[FallbackKind] = mapped_column(String(16), default=FallbackKind.HANG_UP)
    fallback_address: Mapped[str | None] = mapped_column(String(48))
    fallback_group_id: Mapped[int | None] = mapped_column(BigId)
    last_member_id: Mapped[int | None] = mapped_column(BigId)
    removed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    previous: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What it was before the latest change: see `routing.undoing`."""

    members: Mapped[list[HuntMember]] = relationship(
        back_populates="group", order_by="HuntMember.position", cascade="all, delete-orphan"
    )
    fallbacks: Mapped[list[HuntFallback]] = relationship(
        foreign_keys="HuntFallback.group_id", order_by="HuntFallback.id", cascade="all, delete-orphan"
    )


class HuntMember(AccountOwned, Model):
    """A CRM user who takes calls of new contacts, at this place in the order."""

    __tablename__ = "hunt_member"
    __table_args__ = owned(
        points_to("hunt_group", "group_id"),
        points_to("crm_user", "crm_user_id"),
        UniqueConstraint("account_id", "group_id", "crm_user_id"),
    )

    group_id: Mapped[int] = mapped_column(BigId)
    crm_user_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]

    group: Mapped[HuntGroup] = relationship(back_populates="members")
    crm_user: Mapped[CrmUser] = relationship(viewonly=True)


class HuntFallback(AccountOwned, Model):
    """What happens for one cause (`telephony.plan.FallbackCause`) instead of the group's own fallback."""

    __tablename__ = "hunt_fallback"
    __table_args__ = owned(
        points_to("hunt_group", "group_id"),
        points_to("hunt_group", "target_group_id"),
        UniqueConstraint("account_id", "group_id", "cause"),
    )

    group_id: Mapped[int] = mapped_column(BigId)
    cause: Mapped[str] = mapped_column(String(24))
    kind: Mapped[FallbackKind] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(String(48))
    target_group_id: Mapped[int | None] = mapped_column(BigId)


class LineActivity(AccountOwned, Model):
    """What a SIP account answered last and how much today: read at each call, so that no call row need be.

    `answered_count` counts the answered calls of the local day that began at `day_started_at`.
    """

    __tablename__ = "line_activity"
    __table_args__ = owned(UniqueConstraint("account_id", "address"))

    address: Mapped[str] = mapped_column(String(48))
    last_ended_at: Mapped[datetime]
    day_started_at: Mapped[datetime]
    answered_count: Mapped[int]
