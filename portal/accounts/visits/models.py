"""When the operator was in an account, and as whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account, User
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import BigId

_IS_OPEN = text("ended_at is null")


class OperatorVisit(Model):
    """One session of an operator's looks at an account as one of its people does, until `until` at the latest."""

    __tablename__ = "operator_visit"
    __table_args__ = (
        Index(
            "uq_operator_visit_session_id",
            "session_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_session.id"))
    operator_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id"))
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"))
    began_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    operator: Mapped[User] = relationship(foreign_keys=[operator_id])
    account: Mapped[Account] = relationship()
