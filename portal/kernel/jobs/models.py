"""The table of background jobs, and when each periodic work was last done."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.clock import now
from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned, BigId, owned

_OPEN = text("state in ('waiting', 'running')")


class JobState(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(AccountOwned, Model):
    """One piece of background work of an account.

    `done` of `total` is its progress (`total` is null where nobody knows it). `expires_at` is when its result is taken
    away. Whoever runs it holds `claim` until `lease_until`, and renews that while alive.
    """

    __tablename__ = "job"
    __table_args__ = owned(
        Index("ix_job_open", "state", "account_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_job_expires_at", "expires_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(300), default="")
    """What it is about, in the words of whoever asked."""
    arguments: Mapped[dict[str, Any]]
    voice: Mapped[dict[str, Any]]
    """How it speaks: `locale`, `time_zone`, `currency`, as on the page that asked."""
    state: Mapped[JobState] = mapped_column(String(16), default=JobState.WAITING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    asked_by: Mapped[str] = mapped_column(String(254))
    asked_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id"))
    """Null where the portal itself asked."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))
    note: Mapped[str | None] = mapped_column(String(500))
    """A word for whoever reads the result: what is missing in it."""
    result_blob: Mapped[str | None] = mapped_column(String(200))
    result_name: Mapped[str | None] = mapped_column(String(200))
    result_type: Mapped[str | None] = mapped_column(String(100))
    result_octets: Mapped[int | None]
    is_cancel_asked: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def is_cancelling(self) -> bool:
        """Whether it was told to end and has not heard yet."""
        return self.state == JobState.RUNNING and self.is_cancel_asked

    @property
    def share(self) -> float | None:
        """Progress between 0 and 1; None where nobody knows."""
        return min(1.0, self.done / self.total) if self.total else None


class PeriodicRun(Model):
    """When a periodic work of the installation is due next, and until when somebody is at it."""

    __tablename__ = "periodic_run"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    finished_at: Mapped[datetime | None]
