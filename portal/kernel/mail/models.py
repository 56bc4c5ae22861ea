"""The mail that is still to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import BigId


class OutgoingMail(Model):
    """One message to one person, of no account: who writes it knows whom it is for. Deleted when a server took it."""

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    """The same at each try, so that a mailbox can tell a repeat."""
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    attachments: Mapped[list[Any] | None]
    """Blobs of the store that go with it, as `[key, file name, media type]`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now, index=True)
    """When it is to be sent; while it is being sent: when its sender is taken for dead."""
    claim: Mapped[str | None] = mapped_column(String(32))
    tries: Mapped[int] = mapped_column(default=0)
    last_failure: Mapped[str | None] = mapped_column(String(300))
    given_up_at: Mapped[datetime | None]
    """It will not be tried again; kept without its text, so that the operator sees what did not arrive."""
