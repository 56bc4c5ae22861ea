"""Tables of records: the audio, how long it is kept, who heard it, what was deleted and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned, points_to

WAV, MPEG = "audio/wav", "audio/mpeg"
"""The media types of records."""
_GOING = text("state in ('expired', 'deleted') and blob is not null")


class RecordingState(StrEnum):
    """Whether there is something to listen to."""

    RECORDING = "recording"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"
    """Kept as long as the account keeps records, and deleted then."""
    DELETED = "deleted"
    """Deleted by a person."""


class Recording(AccountOwned, Model):
    """The audio of one call. `blob` is a storage key of our own; `file_name` is what the outside sees.

    A record that was deleted keeps its `blob` until the store has let it go, so that none is forgotten there.
    """

    __tablename__ = "recording"
    __table_args__ = owned(
        points_to("call_record", "call_id"),
        UniqueConstraint("account_id", "call_id"),
        Index("ix_recording_kept_since", "account_id", "state", "created_at"),
        Index("ix_recording_going", "id", sqlite_where=_GOING, postgresql_where=_GOING),
    )

    call_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[RecordingState] = mapped_column(String(16), default=RecordingState.RECORDING)
    blob: Mapped[str | None] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(40), default=WAV)
    octets: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    sides: Mapped[int] = mapped_column(default=1)
    """1, or 2 where the audio is stereo: the caller on the left, the employee on the right."""
    peaks: Mapped[bytes | None] = mapped_column(LargeBinary)
    """One byte per bar and side, 0 to 255: left bars, then right bars where there are two sides."""
    etag: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)

    call: Mapped[CallRecord] = relationship(viewonly=True)


class RecordRetention(AccountOwned, Model):
    """How long an account keeps its records; without a row, for ever."""

    __tablename__ = "record_retention"
    __table_args__ = owned(UniqueConstraint("account_id"))

    days: Mapped[int | None]
    """None: for ever."""
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class RemovalReason(StrEnum):
    """Why a record is not there any more."""

    RETENTION = "retention"
    BY_HAND = "by-hand"
    MISSING = "missing"
    """The store has lost it: nobody deleted it. It is heard again when it comes back."""


class RecordRemoval(AccountOwned, Model):
    """What was deleted, when and why: never changed."""

    __tablename__ = "record_removal"
    __table_args__ = owned(
        points_to("recording", "recording_id"),
        UniqueConstraint("account_id", "recording_id", "reason"),
        Index("ix_record_removal_account_id_at", "account_id", "at", "id"),
    )

    recording_id: Mapped[int] = mapped_column(BigId)
    reason: Mapped[RemovalReason] = mapped_column(String(16))
    octets: Mapped[int]
    by: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime] = mapped_column(default=now)

    recording: Mapped[Recording] = relationship(viewonly=True)


class HearingKind(StrEnum):
    """What somebody did with a record."""

    LISTENED = "listened"
    DOWNLOADED = "downloaded"
    PACKED = "packed"


class RecordHearing(AccountOwned, Model):
    """Who heard a record or took it away. `occasion` tells one listening from the next: a player asks many times."""

    __tablename__ = "record_hearing"
    __table_args__ = owned(
        points_to("recording", "recording_id"),
        UniqueConstraint("account_id", "recording_id", "kind", "occasion"),
    )

    recording_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[HearingKind] = mapped_column(String(16))
    occasion: Mapped[str] = mapped_column(String(80))
    who: Mapped[str] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
