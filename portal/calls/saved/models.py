"""Tables of saved views and of each person's way to see the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned


class SavedView(AccountOwned, Model):
    """A choice of calls with a name: one's own, or shared with everybody of the account. A removed one can come back.

    `query` holds the names and values of the log's address, `columns` those to be seen (null: as each likes them).
    """

    __tablename__ = "saved_view"
    __table_args__ = owned(Index("ix_saved_view_account_id_user_id", "account_id", "user_id"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(80))
    is_shared: Mapped[bool] = mapped_column(default=False)
    query: Mapped[dict[str, Any]]
    columns: Mapped[list[Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class LogPreference(AccountOwned, Model):
    """How one person likes the log: its columns (null: all), how close the rows stand, the view it opens with."""

    __tablename__ = "log_preference"
    __table_args__ = owned(UniqueConstraint("account_id", "user_id"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
    columns: Mapped[list[Any] | None]
    is_dense: Mapped[bool] = mapped_column(default=False)
    default_view_id: Mapped[int | None] = mapped_column(BigId)
