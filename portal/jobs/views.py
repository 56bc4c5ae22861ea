"""«Задания»: the jobs of the account, one job, its result."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ScalarSelect

from portal.accounts.door import person_here
from portal.jobs import queries, services, words
from portal.kernel.errors import Forbidden, NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, jobs_here
from portal.kernel.paging import NewestFirst
from portal.kernel.storage import BlobStore
from portal.web import blobs, htmx
from portal.web.access import Permission
from portal.web.blobs import Blob, content_disposition
from portal.web.feature import Feature

feature = Feature("jobs", __name__, url_prefix="/jobs")
for _name, _filter in words.FILTERS.items():
    feature.add_app_template_filter(_filter, _name)


def kinds_here() -> list[str]:
    """The kinds that this person may know of."""
    permissions = person_here().permissions
    return [kind.name for kind in jobs_here().kinds.values() if Permission(kind.needs) in permissions]


def jobs_going_on() -> ScalarSelect[int]:
    """How many of them wait or run: for the menu, as a part of its statement."""
    return queries.open_count(kinds_here())


@feature.get("", needs=Permission.SEE_CALLS)
def index() -> ResponseReturnValue:
    page = queries.job_page(kinds_here(), NewestFirst.read(request.args.get("page", "")))
    return htmx.render("jobs/index.html", fragment="jobs/_jobs.html", page=page, may_end=may_end)


@feature.get("/<int:job_id>", needs=Permission.SEE_CALLS)
def job(job_id: int) -> ResponseReturnValue:
    return _shown(queries.find_job(job_id, kinds_here()))


@feature.post("/<int:job_id>/cancel", needs=Permission.SEE_CALLS)
def cancel(job_id: int) -> ResponseReturnValue:
    found = queries.find_job(job_id, kinds_here())
    if not may_end(found):
        raise Forbidden(_("Only who asked for a task, or an administrator, may end it."))
    services.cancel(found)
    return htmx.done(_("The task is being cancelled."), back_to=url_for("jobs.job", job_id=job_id))


@feature.post("/<int:job_id>/again", needs=Permission.SEE_CALLS)
def again(job_id: int) -> ResponseReturnValue:
    begun = services.again(queries.find_job(job_id, kinds_here()))
    return htmx.done(_("The task has begun anew."), back_to=url_for("jobs.job", job_id=begun.id))


@feature.get("/<int:job_id>/result", needs=Permission.SEE_CALLS)
def result(job_id: int) -> ResponseReturnValue:
    found = queries.find_job(job_id, kinds_here())
    storage: BlobStore = current_app.extensions["portal.storage"]
    size = storage.size(found.result_blob) if found.result_blob else None
    if found.result_blob is None or size is None:
        raise NotFound(_("This result is not kept any more. Ask for it again."))
    name = found.result_name or "result"
    plain = f"portal-{found.id}.{name.rpartition('.')[2]}"
    disposition = content_disposition("attachment", plain, name)
    etag = f"{found.id}-{found.attempts}-{size}"
    return blobs.answer(
        Blob(found.result_blob, size, etag, found.result_type or "application/octet-stream", disposition)
    )


def may_end(job: Job) -> bool:
    """Whether this person may end it: their own, or anybody's as an administrator."""
    person = person_here()
    return job.asked_by_id == person.user_id or Permission.MANAGE_RECORDS in person.permissions


def _shown(found: Job) -> ResponseReturnValue:
    return htmx.render("jobs/job.html", fragment="jobs/_job.html", job=found, may_end=may_end)
