"""Price lists of the operator, and which of them an account has."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class Tariff(Model):
    """A price list by its name; what it costs stands in its versions."""

    __tablename__ = "tariff"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    """Whether accounts that are opened get it."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    versions: Mapped[list[TariffVersion]] = relationship(
        back_populates="tariff", order_by="(TariffVersion.valid_from, TariffVersion.id)"
    )


class TariffVersion(Model):
    """What a tariff costs from a day on: the local day of each account that has it.

    It is never changed: another version takes its place, of two that begin on the same day the later made. One that
    has not begun yet may be taken back.
    """

    __tablename__ = "tariff_version"
    __table_args__ = (Index("ix_tariff_version_tariff_id_valid_from", "tariff_id", "valid_from"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tariff_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff.id"))
    valid_from: Mapped[date]
    monthly_fee: Mapped[Decimal]
    included: Mapped[Decimal]
    """How much of a month's calls costs nothing."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(254), default="")

    tariff: Mapped[Tariff] = relationship(back_populates="versions")
    rates: Mapped[list[TariffRate]] = relationship(
        back_populates="version",
        cascade="all, delete-orphan",
        order_by="(TariffRate.kind, TariffRate.prefix)",
    )


class TariffRate(Model):
    """A rate: the longest prefix of the number wins; an empty prefix stands for every number of the kind."""

    __tablename__ = "tariff_rate"
    __table_args__ = (UniqueConstraint("version_id", "kind", "prefix"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff_version.id"))
    kind: Mapped[str] = mapped_column(String(16))
    prefix: Mapped[str] = mapped_column(String(15), default="")
    name: Mapped[str] = mapped_column(String(100))
    price: Mapped[Decimal]
    """Of `unit_seconds` of talk: a minute or a second."""
    unit_seconds: Mapped[int] = mapped_column(default=60)
    step_seconds: Mapped[int] = mapped_column(default=60)
    """Talk is rounded up to a multiple of it."""
    free_seconds: Mapped[int] = mapped_column(default=0)
    """Talk that is not longer costs nothing."""

    version: Mapped[TariffVersion] = relationship(back_populates="rates")


class AccountPlan(AccountOwned, Model):
    """Which tariff an account has from a local day on."""

    __tablename__ = "account_plan"
    __table_args__ = owned(UniqueConstraint("account_id", "valid_from"))

    tariff_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff.id"), index=True)
    valid_from: Mapped[date]

    tariff: Mapped[Tariff] = relationship()
