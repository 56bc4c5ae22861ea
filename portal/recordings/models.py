"""The table of records."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to


class RecordingState(StrEnum):
    """Whether there is something to listen to."""

    RECORDING = "recording"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class Recording(AccountOwned, Model):
    """The audio of one call. `blob` is a storage key of our own; `file_name` is what the outside sees."""

    __tablename__ = "recording"
    __table_args__ = owned(points_to("call_record", "call_id"), UniqueConstraint("account_id", "call_id"))

    call_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[RecordingState] = mapped_column(String(16), default=RecordingState.RECORDING)
    blob: Mapped[str | None] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(40), default="audio/wav")
    octets: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    sides: Mapped[int] = mapped_column(default=1)
    """1, or 2 where the audio is stereo: the caller on the left, the employee on the right."""
    peaks: Mapped[bytes | None] = mapped_column(LargeBinary)
    """One byte per bar and side, 0 to 255: left bars, then right bars where there are two sides."""
    etag: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)

    call: Mapped[CallRecord] = relationship(viewonly=True)
