"""How the installation stands, in numbers: for the operator's page, and for Prometheus (`portal/admin/metrics`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.calls.models import CallRecord
from portal.jobs.queries import state_counts
from portal.kernel.db import db
from portal.kernel.jobs import jobs_here
from portal.kernel.jobs.models import JobState, PeriodicRun
from portal.kernel.lives import ProcessLife, process_lives
from portal.kernel.mail.queue import MailFigures, mail_figures
from portal.telephony.models import SwitchLife
from portal.webhooks.failing import QueueFigures, queue_figures


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at everything that can lag."""

    processes: Sequence[ProcessLife]
    switches: Sequence[SwitchLife]
    webhooks: QueueFigures
    mail: MailFigures
    jobs: dict[JobState, int]
    open_calls: int

    @property
    def open_jobs(self) -> int:
        """Those that wait or run."""
        return self.jobs.get(JobState.WAITING, 0) + self.jobs.get(JobState.RUNNING, 0)


def figures() -> Figures:
    """Over all accounts."""
    return Figures(
        processes=process_lives(),
        switches=db.session.scalars(select(SwitchLife).order_by(SwitchLife.switch)).all(),
        webhooks=queue_figures(),
        mail=mail_figures(),
        jobs=state_counts(),
        open_calls=db.session.scalar(select(func.count(CallRecord.id)).where(CallRecord.ended_at.is_(None))) or 0,
    )


@dataclass(frozen=True, slots=True)
class PeriodicRow:
    """A work that comes again and again."""

    label: str
    finished_at: datetime | None
    due_at: datetime
    is_running: bool


def periodic_rows() -> list[PeriodicRow]:
    """Every work that has ever been due, by name."""
    rows = db.session.scalars(select(PeriodicRun).order_by(PeriodicRun.name))
    return [PeriodicRow(_label(row.name), row.finished_at, row.due_at, row.claim is not None) for row in rows]


def _label(name: str) -> str:
    known = jobs_here().periodic.get(name)
    return known.label() if known else name
