"""Working hours of the public numbers, and days that differ from them."""

from __future__ import annotations

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.integration.feature import feature
from portal.integration.hours import PAGE, ExceptionForm, WeekForm, hours_page
from portal.kernel import phone
from portal.kernel.db import db, hold
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.routing import opening_hours
from portal.telephony.models import Did
from portal.web import htmx
from portal.web.access import Permission

FRAGMENT = "integration/_hours.html"


@feature.get("/hours", needs=Permission.SEE_INTEGRATION)
def hours() -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **hours_page())


@feature.post("/hours/<int:did_id>", needs=Permission.MANAGE_INTEGRATION)
def save_hours(did_id: int) -> ResponseReturnValue:
    did = db.session.get(Did, did_id)
    if did is None:
        raise NotFound
    form = WeekForm(did)
    if form.is_overtaken(WeekForm.saved(hold(did), opening_hours.weeks().get(did_id))):
        return htmx.render(PAGE, fragment=FRAGMENT, status=409, **hours_page(week=form))
    try:
        opening_hours.set_week(did_id, form.week())
    except Refused as error:
        form.refuse(error)
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **hours_page(week=form))
    undo = url_for("integration.undo_hours", did_id=did_id)
    return _done(_("The hours of %(number)s were saved.", number=phone.display(did.number)), undo)


@feature.post("/hours/<int:did_id>/undo", needs=Permission.MANAGE_INTEGRATION)
def undo_hours(did_id: int) -> ResponseReturnValue:
    did = opening_hours.undo_week(did_id)
    return _done(_("The hours of %(number)s are as before.", number=phone.display(did.number)))


@feature.post("/hours/exceptions", needs=Permission.MANAGE_INTEGRATION)
def add_exception() -> ResponseReturnValue:
    form = ExceptionForm()
    is_clear = form.validate()
    try:
        if not is_clear:
            return htmx.render(PAGE, fragment=FRAGMENT, status=422, **hours_page(special=form))
        row = opening_hours.add_exception(
            form.first_day.data,
            form.last_day.data,
            form.spans.data or "",
            did_id=form.line.data,
            note=form.note.data or "",
        )
    except Refused as error:
        form.refuse(error)
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **hours_page(special=form))
    return _done(_("The exception was added."), url_for("integration.remove_exception", exception_id=row.id))


@feature.post("/hours/exceptions/<int:exception_id>/remove", needs=Permission.MANAGE_INTEGRATION)
def remove_exception(exception_id: int) -> ResponseReturnValue:
    opening_hours.remove_exception(exception_id)
    return _done(_("The exception was removed."), url_for("integration.restore_exception", exception_id=exception_id))


@feature.post("/hours/exceptions/<int:exception_id>/restore", needs=Permission.MANAGE_INTEGRATION)
def restore_exception(exception_id: int) -> ResponseReturnValue:
    opening_hours.restore_exception(exception_id)
    return _done(_("The exception is back."))


def _done(message: str, undo: str | None = None) -> Response:
    context = hours_page() if htmx.wants_fragment() else {}
    return htmx.done(message, back_to=url_for("integration.hours"), fragment=FRAGMENT, undo=undo, **context)
