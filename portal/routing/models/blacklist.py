"""Table of the numbers that nobody wants to hear from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, owned


class BlacklistEntry(AccountOwned, Model):
    """A number (universal format) whose calls are refused. A removed entry keeps its row: the removal can be undone."""

    __tablename__ = "blacklist_entry"
    __table_args__ = owned(
        Index(
            "uq_blacklist_entry_account_id_number",
            "account_id",
            "number",
            unique=True,
            sqlite_where=text("removed_at is null"),
            postgresql_where=text("removed_at is null"),
        )
    )

    number: Mapped[str] = mapped_column(String(15))
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
