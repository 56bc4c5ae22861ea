"""The list of missed calls, one of them, and what people do with it."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.followups import queries, services, words
from portal.followups.forms import CloseForm, DueForm, OwnerForm, RuleForm
from portal.followups.listing import listing, saved_rule
from portal.followups.models import FollowUp
from portal.followups.page import page_of
from portal.followups.rules import lock_rules
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.filters import day_and_time
from portal.web.security import is_own_path

feature = Feature("followups", __name__, url_prefix="/calls/missed")
for _name, _filter in words.FILTERS.items():
    feature.add_app_template_filter(_filter, _name)


@feature.get("", needs=Permission.SEE_CALLS)
def index() -> ResponseReturnValue:
    return htmx.render("followups/index.html", fragment="followups/_missed.html", **listing())


@feature.get("/<int:follow_up_id>", needs=Permission.SEE_CALLS)
def follow_up(follow_up_id: int) -> ResponseReturnValue:
    row = queries.find_follow_up(follow_up_id)
    return htmx.render("followups/follow_up.html", fragment="followups/_follow_up.html", **page_of(row))


@feature.post("/<int:follow_up_id>/take", needs=Permission.WORK_CALLS)
def take(follow_up_id: int) -> ResponseReturnValue:
    row = services.assign(follow_up_id, user_id=person_here().user_id)
    return _done(_("You call back."), row)


@feature.post("/<int:follow_up_id>/assign", needs=Permission.WORK_CALLS)
def assign(follow_up_id: int) -> ResponseReturnValue:
    form = OwnerForm()
    try:
        row = services.assign(follow_up_id, **form.chosen())
    except Refused as error:
        form.refuse(error)
        return _refused(follow_up_id, owner_form=form)
    name = row.owner_name
    return _done(_("%(name)s calls back.", name=name) if name else _("Nobody has it now."), row)


@feature.post("/<int:follow_up_id>/due", needs=Permission.WORK_CALLS)
def set_due(follow_up_id: int) -> ResponseReturnValue:
    form = DueForm()
    try:
        if not form.validate():
            return _refused(follow_up_id, due_form=form)
        row = services.set_due(follow_up_id, form.moment())
    except Refused as error:
        form.refuse(error)
        return _refused(follow_up_id, due_form=form)
    return _done(_("To be called back by %(time)s.", time=day_and_time(row.due_at)), row)


@feature.post("/<int:follow_up_id>/close", needs=Permission.WORK_CALLS)
def close(follow_up_id: int) -> ResponseReturnValue:
    form = CloseForm()
    try:
        row = services.close(follow_up_id, form.reason.data or "", form.note.data or "", person_here().name)
    except Refused as error:
        form.refuse(error)
        return _refused(follow_up_id, close_form=form)
    return _done(_("Closed: nobody need call back."), row, undo=url_for(".reopen", follow_up_id=row.id))


@feature.post("/<int:follow_up_id>/reopen", needs=Permission.WORK_CALLS)
def reopen(follow_up_id: int) -> ResponseReturnValue:
    row = services.reopen(follow_up_id)
    return _done(_("It is open again.") if row.is_open else _("A call has closed it meanwhile."), row)


@feature.post("/rules", needs=Permission.MANAGE_CALLS)
def set_rules() -> ResponseReturnValue:
    form = RuleForm()
    lock_rules()
    if form.is_overtaken(saved_rule()):
        return _refused_rule(form, status=409)
    try:
        if not form.validate():
            return _refused_rule(form)
        services.set_minutes(form.minutes.data or 0)
    except Refused as error:
        form.refuse(error)
        return _refused_rule(form)
    return htmx.done(_("Saved: it counts for calls that are missed from now on."), back_to=url_for(".index"))


def _done(message: str, row: FollowUp, undo: str | None = None) -> ResponseReturnValue:
    """Back where the form stood; under htmx the part of the item's own page, and every list asks anew."""
    return htmx.done(
        message,
        back_to=_back() or url_for(".follow_up", follow_up_id=row.id),
        fragment="followups/_follow_up.html",
        undo=undo,
        announces="followups-changed",
        **page_of(queries.find_follow_up(row.id)),
    )


def _refused(follow_up_id: int, **forms: Any) -> ResponseReturnValue:
    row = queries.find_follow_up(follow_up_id)
    context = page_of(row, **forms)
    return htmx.render("followups/follow_up.html", fragment="followups/_follow_up.html", status=422, **context)


def _refused_rule(form: RuleForm, status: int = 422) -> ResponseReturnValue:
    return htmx.render("followups/index.html", fragment="followups/_rule.html", status=status, **listing(form))


def _back() -> str | None:
    """The page of ours on which the form stood."""
    target = request.values.get("back", "")
    return target if is_own_path(target) else None
