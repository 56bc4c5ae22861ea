"""Tables of the connected CRM: the link, what was brought from it, and what it was told of which call."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class CrmKind(StrEnum):
    """Which CRM it is."""

    AMOCRM = "amocrm"
    BITRIX24 = "bitrix24"


class Way(StrEnum):
    """How we get in."""

    TOKEN = "token"  # noqa: S105 (a word, no password)
    """amoCRM's long-lived token."""
    WEBHOOK = "webhook"
    """Bitrix24's inbound webhook, whose address is the secret."""
    APPLICATION = "application"
    """OAuth: tokens that are renewed."""


class CrmLink(AccountOwned, Model):
    """How an account reaches its CRM, and how that goes. The secrets are sealed and shown to nobody.

    `url` is the CRM's own address without a slash at its end. Whoever renews the token holds `renewing` until
    `renewing_until`, since a refresh token works once. `trouble` is a `protocol.Trouble`, "" while all is well; until
    `resting_until` nothing is told. `known_as` is what the CRM calls us.
    """

    __tablename__ = "crm_link"
    __table_args__ = owned(UniqueConstraint("account_id"))

    kind: Mapped[CrmKind] = mapped_column(String(16))
    way: Mapped[Way] = mapped_column(String(16))
    url: Mapped[str] = mapped_column(String(300))
    sealed: Mapped[str] = mapped_column(Text)
    token_until: Mapped[datetime | None]
    renewing: Mapped[str | None] = mapped_column(String(32))
    renewing_until: Mapped[datetime | None]
    known_as: Mapped[str] = mapped_column(String(200), default="")
    writes_calls: Mapped[bool] = mapped_column(default=True)
    shows_cards: Mapped[bool] = mapped_column(default=True)
    creates_contacts: Mapped[bool] = mapped_column(default=False)
    connected_at: Mapped[datetime] = mapped_column(default=now)
    good_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(String(24), default="")
    detail: Mapped[str] = mapped_column(String(200), default="")
    failed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    resting_until: Mapped[datetime | None]


class BringState(StrEnum):
    """How far bringing users has come."""

    PREVIEW = "preview"
    DONE = "done"
    UNDONE = "undone"


class CrmUserBringing(AccountOwned, Model):
    """The CRM's users as it told them at a moment, and what was done with them: `done` is enough to take it back."""

    __tablename__ = "crm_user_bringing"
    __table_args__ = owned()

    kind: Mapped[CrmKind] = mapped_column(String(16))
    people: Mapped[list[Any]]
    done: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[BringState] = mapped_column(String(16), default=BringState.PREVIEW)
    created_at: Mapped[datetime] = mapped_column(default=now)


class NoteState(StrEnum):
    """How far the CRM knows of a call."""

    OPEN = "open"
    """There may be more to tell: the call lasts, or its end is on its way."""
    WRITTEN = "written"
    FAILED = "failed"
    """Given up; a person may ask for it again."""


class CrmCall(AccountOwned, Model):
    """What the CRM was told of one call. What is still to be told follows from the call itself, each time anew.

    `due_at` is None while there is nothing to do; `claim` is of whoever does it, and `is_touched` says that the call
    has changed meanwhile. `shown` holds the CRM's ids of those on whose screens the card is.
    """

    __tablename__ = "crm_call"
    __table_args__ = owned(
        points_to("call_record", "call_id"),
        UniqueConstraint("account_id", "call_id"),
        Index(
            "ix_crm_call_due_at",
            "due_at",
            sqlite_where=text("due_at is not null"),
            postgresql_where=text("due_at is not null"),
        ),
        Index(
            "ix_crm_call_failed",
            "account_id",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )

    call_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[NoteState] = mapped_column(String(16), default=NoteState.OPEN)
    is_ringing: Mapped[bool] = mapped_column(default=False)
    """The call lasts: what it needs goes before what can wait."""
    due_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    is_touched: Mapped[bool] = mapped_column(default=False)
    was_tried: Mapped[bool] = mapped_column(default=False)
    outside_id: Mapped[str] = mapped_column(String(120), default="")
    shown: Mapped[list[Any]] = mapped_column(default=list)
    card_url: Mapped[str] = mapped_column(String(300), default="")
    written_at: Mapped[datetime | None]
    record_at: Mapped[datetime | None]
    """When the record's link went, where it goes by itself."""
    trouble: Mapped[str] = mapped_column(String(24), default="")
    detail: Mapped[str] = mapped_column(String(200), default="")
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the record's link: whoever has it hears this one record."""
    sealed_link: Mapped[str | None] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(default=now)

    call: Mapped[CallRecord] = relationship(viewonly=True)
