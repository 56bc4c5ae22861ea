"""Tables of lines: SIP accounts, public numbers, and what the switch is asked to do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to

MAIN_SWITCH = "main"
"""The switch of an installation that has one."""


class SipLine(AccountOwned, Model):
    """A SIP account, such as `SIP/00000000672`, and how its phone was last seen. Its phone registers with `switch`."""

    __tablename__ = "sip_line"
    __table_args__ = owned(UniqueConstraint("account_id", "name"))

    name: Mapped[str] = mapped_column(String(48))
    label: Mapped[str] = mapped_column(String(200), default="")
    switch: Mapped[str] = mapped_column(String(48), default=MAIN_SWITCH)
    presence: Mapped[str] = mapped_column(String(16), default="offline")
    presence_at: Mapped[datetime | None]
    is_disabled: Mapped[bool] = mapped_column(default=False)
    """The operator has switched it off: it rings for nobody and places no calls."""


class Did(AccountOwned, Model):
    """A public number of the account. It belongs to one account of the whole installation, and rings on one switch."""

    __tablename__ = "did"
    __table_args__ = owned()

    number: Mapped[str] = mapped_column(String(15), unique=True)
    label: Mapped[str] = mapped_column(String(200), default="")
    switch: Mapped[str] = mapped_column(String(48), default=MAIN_SWITCH)
    is_disabled: Mapped[bool] = mapped_column(default=False)
    """The operator has switched it off: its calls are nobody's, and it is shown to nobody."""


class SwitchLife(Model):
    """When the engine of a switch was last alive: a call that it left open cannot have lasted longer.

    `unwritten` is what it had told and not written then, of which the oldest had waited for `unwritten_seconds`.
    """

    __tablename__ = "switch_life"

    switch: Mapped[str] = mapped_column(String(48), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    unwritten: Mapped[int] = mapped_column(default=0)
    unwritten_seconds: Mapped[int] = mapped_column(default=0)


class OrderKind(StrEnum):
    """What the portal may ask of a switch."""

    INCOMING = "incoming"
    """A test call from outside: only the sandbox can do that."""
    ORIGINATE = "originate"
    """Ring a SIP account, then call the other side (the contract's `outcome`)."""
    HANG_UP = "hang-up"


class OrderState(StrEnum):
    """How far an order has come."""

    NEW = "new"
    ASKING = "asking"
    """The engine has taken it up, and asks the provider."""
    TAKEN = "taken"
    REFUSED = "refused"
    EXPIRED = "expired"


class OrderRefusal(StrEnum):
    """Why the switch did not take an order."""

    NO_SUCH_CALL = "no-such-call"
    PHONE_OFFLINE = "phone-offline"
    """The phone that should ring first is not connected."""
    AWAY = "away"
    """The engine is there, its switch is not."""
    NOT_POSSIBLE = "not-possible"
    """This kind of switch cannot do that."""
    SILENT = "silent"
    """The provider gave no answer in time: it may have done it or not."""
    FORBIDDEN = "forbidden"
    """The provider does not allow it."""
    NOT_KNOWN = "not-known"
    """The provider knows no such SIP account or number."""


class SwitchOrder(AccountOwned, Model):
    """Something that the portal asks of the switch. Written by any process, taken once by the engine."""

    __tablename__ = "switch_order"
    __table_args__ = owned(
        UniqueConstraint("account_id", "kind", "api_call_id"),
        Index("ix_switch_order_state_switch_id", "state", "switch", "id"),
    )

    switch: Mapped[str] = mapped_column(String(48))
    kind: Mapped[OrderKind] = mapped_column(String(16))
    api_call_id: Mapped[str] = mapped_column(String(32))
    arguments: Mapped[dict[str, Any]]
    state: Mapped[OrderState] = mapped_column(String(16), default=OrderState.NEW)
    refusal: Mapped[OrderRefusal | None] = mapped_column(String(64))
    known_as: Mapped[str | None] = mapped_column(String(32))
    """The call's id where it is not `api_call_id`: a provider told of the call before it answered the order."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    """When it was given, or given again after it had not been carried out."""
    taken_at: Mapped[datetime | None]


class SandboxPhone(AccountOwned, Model):
    """How the phone of a SIP account behaves on the sandbox switch."""

    __tablename__ = "sandbox_phone"
    __table_args__ = owned(points_to("sip_line", "sip_line_id"), UniqueConstraint("account_id", "sip_line_id"))

    sip_line_id: Mapped[int] = mapped_column(BigId)
    behaviour: Mapped[str] = mapped_column(String(16), default="answers")
    after_seconds_min: Mapped[int] = mapped_column(default=2)
    after_seconds_max: Mapped[int] = mapped_column(default=6)
