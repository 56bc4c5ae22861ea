"""Tables that keep the log quick: calls sorted into classes, and what calls come to by day and month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned

FACTS = ("kind", "outcome", "did", "sip", "other_sip", "has_recording")
"""What the log is filtered by and has few values. "" stands for none: the outcome of a call that lasts, no public
number, no SIP account; `other_sip` is the second SIP account of a call within the house.
"""
BANDS = ("talk_band", "price_band")


class CallClass(AccountOwned, Model):
    """Calls that agree in all of `FACTS`, and roughly in length and price (`classes.talk_band`, `price_band`).

    An account has some hundred classes, however many calls it has. The newest calls of any choice are the newest of
    its classes, each read from one index by time: a rare choice costs what a frequent one costs.
    """

    __tablename__ = "call_class"
    __table_args__ = owned(UniqueConstraint("account_id", *FACTS, *BANDS, name="uq_call_class_facts"))

    kind: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    did: Mapped[str] = mapped_column(String(15))
    sip: Mapped[str] = mapped_column(String(48))
    other_sip: Mapped[str] = mapped_column(String(48))
    has_recording: Mapped[bool]
    talk_band: Mapped[int] = mapped_column(SmallInteger)
    price_band: Mapped[int] = mapped_column(SmallInteger)


class Grain(StrEnum):
    """How long the period of a total is, in the account's zone."""

    DAY = "day"
    MONTH = "month"


class TouchedDay(AccountOwned, Model):
    """A day in UTC on which a call began that was written while the account's days are counted for another zone."""

    __tablename__ = "touched_day"
    __table_args__ = owned(UniqueConstraint("account_id", "day", name="uq_touched_day_account_id_day"))

    day: Mapped[date]


class CallTotal(AccountOwned, Model):
    """What calls of the same facts that began within one period come to; `first_day` begins the period.

    Kept in the transaction that writes a call. `waits` are the calls whose wait is known, `waited_seconds` their sum.
    """

    __tablename__ = "call_total"
    __table_args__ = owned(UniqueConstraint("account_id", "grain", "first_day", *FACTS, name="uq_call_total_facts"))

    grain: Mapped[Grain] = mapped_column(String(5))
    first_day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    did: Mapped[str] = mapped_column(String(15))
    sip: Mapped[str] = mapped_column(String(48))
    other_sip: Mapped[str] = mapped_column(String(48))
    has_recording: Mapped[bool]
    calls: Mapped[int]
    waits: Mapped[int]
    waited_seconds: Mapped[int]
    talk_seconds: Mapped[int]
    cost: Mapped[Decimal]
