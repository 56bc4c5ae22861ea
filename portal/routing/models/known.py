"""Tables of known contacts: how their CRM user is found and rung, and what a CRM answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class OwnerMode(StrEnum):
    """What is done with the CRM user who looks after a caller."""

    OFF = "off"
    FIRST = "first"
    TOGETHER = "together"
    ONLY = "only"


class ContactSource(StrEnum):
    """Who may know which CRM user looks after a number."""

    ADDRESS_BOOK = "address-book"
    LAST_TALK = "last-talk"
    LOOKUP = "lookup"


class KnownContactRules(AccountOwned, Model):
    """How calls of known contacts go; one row per account, the defaults where there is none.

    `sources` are asked in their order, for `budget_ms` in all; `lookup_url` is the CRM's, "" for none.
    """

    __tablename__ = "known_contact_rules"
    __table_args__ = owned(UniqueConstraint("account_id"))

    mode: Mapped[OwnerMode] = mapped_column(String(16), default=OwnerMode.FIRST)
    sources: Mapped[list[Any]] = mapped_column(default=lambda: [ContactSource.ADDRESS_BOOK.value])
    last_talk_hours: Mapped[int] = mapped_column(default=24)
    budget_ms: Mapped[int] = mapped_column(default=700)
    lookup_url: Mapped[str] = mapped_column(String(2000), default="")
    previous: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the rules were before their latest change, for the way back."""
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class FoundOwner(AccountOwned, Model):
    """What a CRM said of a number: its CRM user, or nobody. True until `expires_at`."""

    __tablename__ = "found_owner"
    __table_args__ = owned(points_to("crm_user", "crm_user_id"), UniqueConstraint("account_id", "number"))

    number: Mapped[str] = mapped_column(String(15))
    crm_user_id: Mapped[int | None] = mapped_column(BigId)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LookupState(AccountOwned, Model):
    """How the CRM's lookup is: its latest answer, and the breaker.

    `failures` in a row since `failing_since`; until `open_until` nobody is asked. `result` is a
    `lookup.LookupResult`, `detail` a short technical text or the name that was answered.
    """

    __tablename__ = "lookup_state"
    __table_args__ = owned(UniqueConstraint("account_id"))

    asked_at: Mapped[datetime]
    took_ms: Mapped[int]
    result: Mapped[str] = mapped_column(String(24))
    detail: Mapped[str] = mapped_column(String(200), default="")
    answered_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    open_until: Mapped[datetime | None]
