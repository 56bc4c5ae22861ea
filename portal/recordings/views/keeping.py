"""«Хранение записей»: how long records are kept, what that would delete, and what was deleted."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import NewestFirst
from portal.recordings import retention
from portal.recordings.feature import feature
from portal.recordings.forms import RetentionForm
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/records", needs=Permission.MANAGE_RECORDS)
def keeping() -> ResponseReturnValue:
    return _page(RetentionForm.of(retention.kept_days()))


@feature.post("/records", needs=Permission.MANAGE_RECORDS)
def keep() -> ResponseReturnValue:
    """Shows first what a shorter time would delete; what is deleted cannot be brought back."""
    form = RetentionForm()
    if form.is_overtaken(RetentionForm.of(retention.kept_days(locks=True))):
        return _page(form, status=409)
    if not form.validate():
        return _page(form, status=422)
    if form.chosen_days and "confirmed" not in request.form:
        return _page(form, preview=retention.preview(form.chosen_days))
    try:
        retention.set_kept_days(form.chosen_days)
    except Refused as error:
        form.refuse(error)
        return _page(form, status=422)
    return htmx.done(_("Saved."), back_to=url_for("recordings.keeping"))


def _page(form: RetentionForm, preview: retention.Preview | None = None, status: int = 200) -> ResponseReturnValue:
    removals = retention.removal_page(NewestFirst.read(request.args.get("page", "")))
    return htmx.render(
        "recordings/keeping.html",
        status=status,
        form=form,
        days=retention.kept_days(),
        preview=preview,
        removals=removals,
    )
