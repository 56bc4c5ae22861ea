"""Tables of remarks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class Tone(StrEnum):
    """The colour of a tag, as the badges have it."""

    PLAIN = "plain"
    INFO = "info"
    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


class CallTag(AccountOwned, Model):
    """A word of the account's list. A removed one keeps its row and its calls, so that it can come back.

    `folded` is the name without case: no two tags of the list are the same to a reader.
    """

    __tablename__ = "call_tag"
    __table_args__ = owned(
        Index(
            "uq_call_tag_account_id_folded",
            "account_id",
            "folded",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        )
    )

    name: Mapped[str] = mapped_column(String(60))
    folded: Mapped[str] = mapped_column(String(120))
    tone: Mapped[Tone] = mapped_column(String(8), default=Tone.PLAIN)
    removed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(BigId)
    """The tag that took its calls over, where it was merged."""


class CallTagging(AccountOwned, Model):
    """A tag on a call. `started_at` is the call's: calls of a tag are read in their order without a look at others."""

    __tablename__ = "call_tagging"
    __table_args__ = owned(
        points_to("call_record", "call_id"),
        points_to("call_tag", "tag_id"),
        UniqueConstraint("account_id", "call_id", "tag_id"),
        Index("ix_call_tagging_account_id_tag_id_started_at_call_id", "account_id", "tag_id", "started_at", "call_id"),
    )

    call_id: Mapped[int] = mapped_column(BigId)
    tag_id: Mapped[int] = mapped_column(BigId)
    started_at: Mapped[datetime]
    came_from_id: Mapped[int | None] = mapped_column(BigId)
    """The tag that brought it here when it was merged; a separation takes it back."""

    tag: Mapped[CallTag] = relationship(viewonly=True)


class CallNote(AccountOwned, Model):
    """What people wrote about a call. `version` grows with each change: whoever saves says which one was read."""

    __tablename__ = "call_note"
    __table_args__ = owned(points_to("call_record", "call_id"), UniqueConstraint("account_id", "call_id"))

    call_id: Mapped[int] = mapped_column(BigId)
    text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)
    by: Mapped[str] = mapped_column(String(200))
    """The name of whoever changed it last."""
    at: Mapped[datetime] = mapped_column(default=now)
