"""What people do with background jobs: end one, ask for it again."""

from __future__ import annotations

from portal.accounts.audit import audit
from portal.kernel import jobs
from portal.kernel.clock import now
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobState
from portal.kernel.jobs.asking import tell


def cancel(job: Job) -> None:
    """Ends it: at once where it only waits, within a moment where it runs. Raises `Conflict` for one that is over."""
    if not job.is_open:
        raise Conflict(_("This task is over already."))
    if job.state == JobState.WAITING:
        job.state, job.finished_at = JobState.CANCELLED, now()
    job.is_cancel_asked = True
    audit("job.cancel", f"{job.kind} {job.id}")
    tell()


def can_repeat(job: Job) -> bool:
    """Whether it is over, and doing it once more undoes nothing."""
    kind = jobs.jobs_here().kinds.get(job.kind)
    return not job.is_open and kind is not None and (kind.repeats or job.state != JobState.DONE)


def again(job: Job) -> Job:
    """The same once more, as a new job. Raises `Conflict` for one that cannot be repeated."""
    if job.is_open:
        raise Conflict(_("This task has not ended yet."))
    if not can_repeat(job):
        raise Conflict(_("This change has been made. To make another one, go to the page where it is set."))
    begun = jobs.begin(job.kind, job.arguments, subject=job.subject)
    # Its result speaks to whoever asked first, also where the operator asks again.
    begun.voice = job.voice
    audit("job.repeat", f"{begun.kind} {begun.id}", before={"job": job.id})
    return begun
