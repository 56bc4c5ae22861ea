"""Tables of the help desk: the questions of an account."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class ThreadState(StrEnum):
    """Whose turn it is, as the last message leaves it; anybody may close a thread."""

    OPEN = "open"
    """The operator's: the account has asked."""
    ANSWERED = "answered"
    CLOSED = "closed"


class SupportThread(AccountOwned, Model):
    """A question of the account's with all that was said about it. `last_at` is when something was last said."""

    __tablename__ = "support_thread"
    __table_args__ = owned(
        Index("ix_support_thread_account_id_last_at_id", "account_id", "last_at", "id"),
        Index("ix_support_thread_state_last_at_id", "state", "last_at", "id"),
    )

    subject: Mapped[str] = mapped_column(String(200))
    state: Mapped[ThreadState] = mapped_column(String(16), default=ThreadState.OPEN)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_at: Mapped[datetime] = mapped_column(default=now)
    is_unread: Mapped[bool] = mapped_column(default=False)
    """The operator has answered, and nobody of the account has opened the thread since."""

    account: Mapped[Account] = relationship(viewonly=True)
    messages: Mapped[list[SupportMessage]] = relationship(back_populates="thread", order_by="SupportMessage.id")


class SupportMessage(AccountOwned, Model):
    """What one person said, never changed. The author keeps the name that he or she had then."""

    __tablename__ = "support_message"
    __table_args__ = owned(points_to("support_thread", "thread_id"))

    thread_id: Mapped[int] = mapped_column(BigId, index=True)
    author: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id"))
    """Whom an answer is told to by mail."""
    is_operator: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)

    thread: Mapped[SupportThread] = relationship(back_populates="messages")
    files: Mapped[list[SupportFile]] = relationship(order_by="SupportFile.id", viewonly=True, lazy="selectin")


class SupportFile(AccountOwned, Model):
    """A file that goes with a message; its bytes are a blob of the store."""

    __tablename__ = "support_file"
    __table_args__ = owned(points_to("support_message", "message_id"), points_to("support_thread", "thread_id"))

    thread_id: Mapped[int] = mapped_column(BigId)
    message_id: Mapped[int] = mapped_column(BigId, index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(60))
    """By its content, whatever its name says."""
    octets: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def blob(self) -> str:
        """Where the store has it."""
        return f"support/{self.account_id}/{self.id}"
