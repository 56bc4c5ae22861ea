"""Table of the stamp that says whether an account's routing rules are still the same."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned


class RoutingStamp(AccountOwned, Model):
    """Another word after each change of what routing goes by (`routing.stamping`); one row per account."""

    __tablename__ = "routing_stamp"
    __table_args__ = owned(UniqueConstraint("account_id"))

    word: Mapped[str] = mapped_column(String(16))
