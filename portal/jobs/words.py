"""The words of background jobs."""

from __future__ import annotations

from dataclasses import dataclass

from portal.jobs.services import can_repeat
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobState, jobs_here
from portal.web.filters import number


@dataclass(frozen=True, slots=True)
class Sign:
    """A word with the tone and the icon of its badge."""

    word: str
    tone: str
    icon: str


def state_sign(job: Job) -> Sign:
    """How far it has come."""
    if job.is_cancelling:
        return Sign(_("being cancelled"), "wait", "clock")
    return {
        JobState.WAITING: Sign(_("waiting"), "", "clock"),
        JobState.RUNNING: Sign(_("running"), "info", "refresh"),
        JobState.DONE: Sign(_("ready"), "good", "good"),
        JobState.FAILED: Sign(_("failed"), "bad", "bad"),
        JobState.CANCELLED: Sign(_("called off"), "", "ban"),
    }[JobState(job.state)]


def kind_label(job: Job) -> str:
    """What it does."""
    kind = jobs_here().kinds.get(job.kind)
    return kind.label() if kind else job.kind


def progress_words(job: Job) -> str:
    """`1 200 of 5 000`, or only the first where nobody knows the second."""
    if job.total is None:
        return number(job.done) if job.done else ""
    return _("%(done)s of %(total)s", done=number(job.done), total=number(job.total))


def error_words(job: Job) -> str:
    """Why it failed."""
    unknown = _("Something went wrong on our side. Try again; if it fails again, tell support the number of the task.")
    return job.error or unknown


FILTERS = {
    "job_repeats": can_repeat,
    "job_state": state_sign,
    "job_kind": kind_label,
    "job_progress": progress_words,
    "job_error": error_words,
}
"""For templates."""
