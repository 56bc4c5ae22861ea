"""Background jobs of every account."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.accounts.models import Account
from portal.admin.feature import feature
from portal.jobs import queries, services
from portal.kernel.db import db, transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobState, jobs_here
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission

_CHOICES = {
    "open": (JobState.WAITING, JobState.RUNNING),
    "failed": (JobState.FAILED,),
    "over": (JobState.DONE, JobState.CANCELLED),
}


@feature.get("/tasks", needs=Permission.OPERATE)
def tasks() -> ResponseReturnValue:
    asked = request.args.get("state", "")
    state = asked if asked in _CHOICES else "open"
    page = queries.all_jobs_page(_CHOICES[state], NewestFirst.read(request.args.get("page", "")))
    counts = queries.state_counts()
    return htmx.render(
        "admin/tasks.html",
        page=page,
        state=state,
        counts={name: sum(counts.get(each, 0) for each in states) for name, states in _CHOICES.items()},
        companies=_companies(page.rows),
    )


@feature.post("/tasks/<int:account_id>/<int:job_id>/cancel", needs=Permission.OPERATE, writes=False)
def cancel_task(account_id: int, job_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        services.cancel(queries.find_job(job_id, jobs_here().kinds))
    return htmx.done(_("The task is being cancelled."), back_to=url_for("admin.tasks"))


@feature.post("/tasks/<int:account_id>/<int:job_id>/again", needs=Permission.OPERATE, writes=False)
def repeat_task(account_id: int, job_id: int) -> ResponseReturnValue:
    """In the words and the zone of whoever asked first: a result speaks to the company, not to the operator."""
    with transaction(account_id):
        services.again(queries.find_job(job_id, jobs_here().kinds))
    return htmx.done(_("The task has begun anew."), back_to=url_for("admin.tasks"))


def _companies(jobs: Sequence[Job]) -> dict[int, str]:
    rows = db.session.execute(select(Account.id, Account.name).where(Account.id.in_({job.account_id for job in jobs})))
    return {row[0]: row[1] for row in rows}
