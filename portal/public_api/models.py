"""The table of what each key may still ask."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class ApiAllowance(AccountOwned, Model):
    """A key's bucket of requests, shared by all web processes; the rules stand in `limits`."""

    __tablename__ = "api_allowance"
    __table_args__ = owned(points_to("api_key", "api_key_id"), UniqueConstraint("account_id", "api_key_id"))

    api_key_id: Mapped[int] = mapped_column(BigId)
    requests_left: Mapped[int]
    refilled_at: Mapped[datetime]
