"""Tables of calls: one row per conversation, one per leg."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to
from portal.telephony.engine import CallKind


class CallRecord(AccountOwned, Model):
    """One conversation, written when it begins and kept up to date until it has ended.

    Durations are whole seconds. `kind`, `outcome` hold `telephony.engine.CallKind`, `CallOutcome`; `outcome` is
    null while the call lasts. `version` grows with each snapshot of the switch: an older one changes nothing.
    `caller` is "" where the number was withheld.
    """

    __tablename__ = "call_record"
    __table_args__ = owned(
        UniqueConstraint("account_id", "api_call_id"),
        points_to("call_class", "class_id"),
        # The class as well, so that the hours of a day are counted from the index alone.
        Index("ix_call_record_account_id_started_at_id", "account_id", "started_at", "id", "class_id"),
        # The telephony API asks for one caller or callee, newest first; hunting asks who has just talked.
        Index("ix_call_record_caller", "account_id", "caller", "started_at", "id"),
        Index("ix_call_record_callee", "account_id", "callee", "started_at", "id"),
        # The log: the newest calls of a class (`calls.log.models.CallClass`).
        Index("ix_call_record_class", "account_id", "class_id", "started_at", "id"),
        # Few rows at any time: the calls that last, newest first.
        Index(
            "ix_call_record_live",
            "account_id",
            "started_at",
            "id",
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    api_call_id: Mapped[str] = mapped_column(String(32))
    switch: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    caller: Mapped[str] = mapped_column(String(48))
    caller_name: Mapped[str | None] = mapped_column(String(200))
    did: Mapped[str | None] = mapped_column(String(15))
    callee: Mapped[str | None] = mapped_column(String(48))
    callee_name: Mapped[str | None] = mapped_column(String(200))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    caller_leg_seconds: Mapped[int | None]
    callee_leg_seconds: Mapped[int | None]
    talk_seconds: Mapped[int | None]
    caller_wait_seconds: Mapped[int | None]
    callee_wait_seconds: Mapped[int | None]
    has_recording: Mapped[bool] = mapped_column(default=False)
    price: Mapped[Decimal | None]
    fallback: Mapped[str | None] = mapped_column(String(24))
    skipped: Mapped[list[Any] | None]
    """Who was not rung and why: [address, label, reason]."""
    known_by: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """Who was found to look after the caller: [source, CRM user's name] (`telephony.plan.KnownBy`)."""
    version: Mapped[int] = mapped_column(default=0)
    search_text: Mapped[str] = mapped_column(Text, default="")
    """Every number and name to look for, in one column: see `kernel.textsearch`."""
    class_id: Mapped[int] = mapped_column(BigId)
    """Kept by `calls.log.upkeep`."""

    legs: Mapped[list[CallLeg]] = relationship(
        back_populates="call", order_by="CallLeg.number", cascade="all, delete-orphan"
    )

    @property
    def left_out(self) -> list[Any]:
        """Those of `skipped` whom no leg rang: a contact's own user is rung first and then left out of the hunting."""
        rung = {leg.address for leg in self.legs}
        return [each for each in self.skipped or () if each[0] not in rung]

    @property
    def employee(self) -> str | None:
        """Who made or took the call on the account's side: an SIP account, or a number that a call was passed to."""
        return self.callee if self.kind == CallKind.INCOMING else self.caller

    @property
    def employee_name(self) -> str | None:
        """The code name of `employee`."""
        return self.callee_name if self.kind == CallKind.INCOMING else self.caller_name

    @property
    def other(self) -> str | None:
        """The other side: who called us, or who was called."""
        return self.caller if self.kind == CallKind.INCOMING else self.callee

    @property
    def other_name(self) -> str | None:
        """The code name of `other`."""
        return self.caller_name if self.kind == CallKind.INCOMING else self.callee_name

    @property
    def wait_seconds(self) -> int | None:
        """How long the one who called waited for the other side to answer, or until the end."""
        return self.caller_wait_seconds if self.kind == CallKind.INCOMING else self.callee_wait_seconds


class CallLeg(AccountOwned, Model):
    """One phone of a call: who was rung, when, how long, what came of it and why."""

    __tablename__ = "call_leg"
    __table_args__ = owned(points_to("call_record", "call_id"), UniqueConstraint("account_id", "call_id", "number"))

    call_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    address: Mapped[str] = mapped_column(String(48))
    label: Mapped[str] = mapped_column(String(200), default="")
    side: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(24))
    round: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    rang_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(24))
    end: Mapped[str | None] = mapped_column(String(24))

    call: Mapped[CallRecord] = relationship(back_populates="legs")


class OwnPhone(AccountOwned, Model):
    """The SIP account from which a person of the cabinet placed the latest call: the next one is offered from it."""

    __tablename__ = "own_phone"
    __table_args__ = owned(points_to("sip_line", "sip_line_id"), UniqueConstraint("account_id", "user_id"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
    sip_line_id: Mapped[int] = mapped_column(BigId)
