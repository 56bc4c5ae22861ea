"""The tabs of the address book beside contacts: CRM users and SIP accounts."""

from __future__ import annotations

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts import services
from portal.contacts.feature import feature
from portal.contacts.forms import CrmUserForm, LineForm
from portal.contacts.models import CrmUser
from portal.contacts.services.crm_users import find_crm_user
from portal.contacts.staff import line_rows, user_rows
from portal.kernel.db import hold
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.telephony.lines import label_line
from portal.telephony.models import SipLine
from portal.telephony.queries import find_line
from portal.web import htmx
from portal.web.access import Permission

USER_FORM = "contacts/_crm_user_form.html"
LINE_FORM = "contacts/_line_form.html"


@feature.get("/crm-users", needs=Permission.SEE_CALLS)
def crm_users() -> ResponseReturnValue:
    part = _part()
    return htmx.render("contacts/crm_users.html", fragment="contacts/_crm_users.html", rows=user_rows(part), part=part)


@feature.get("/crm-users/new", needs=Permission.MANAGE_INTEGRATION)
def new_crm_user() -> ResponseReturnValue:
    return _user_page(CrmUserForm.of(), None)


@feature.post("/crm-users/new", needs=Permission.MANAGE_INTEGRATION)
def add_crm_user() -> ResponseReturnValue:
    form = CrmUserForm()
    try:
        user = services.add_crm_user(form.name.data or "")
        services.edit_crm_user(user.id, user.name, form.mobile.data or "", is_on_duty=form.is_on_duty.data)
    except Refused as error:
        form.refuse(error)
        return _user_page(form, None, 422)
    return htmx.done(_("%(name)s was added.", name=user.name), back_to=url_for("contacts.crm_users"))


@feature.get("/crm-users/<int:crm_user_id>", needs=Permission.SEE_CALLS)
def crm_user(crm_user_id: int) -> ResponseReturnValue:
    user = find_crm_user(crm_user_id)
    return _user_page(CrmUserForm.of(user), user)


@feature.post("/crm-users/<int:crm_user_id>", needs=Permission.MANAGE_INTEGRATION)
def edit_crm_user(crm_user_id: int) -> ResponseReturnValue:
    form, user = CrmUserForm(), hold(find_crm_user(crm_user_id))
    if form.is_overtaken(CrmUserForm.of(user)):
        return _user_page(form, user, 409)
    name, mobile = form.name.data or "", form.mobile.data or ""
    try:
        services.edit_crm_user(crm_user_id, name, mobile, is_on_duty=form.is_on_duty.data)
    except Refused as error:
        form.refuse(error)
        return _user_page(form, user, 422)
    return htmx.done(_("%(name)s was saved.", name=user.name), back_to=url_for("contacts.crm_users"))


@feature.get("/lines", needs=Permission.SEE_CALLS)
def lines() -> ResponseReturnValue:
    part = _part()
    return htmx.render("contacts/lines.html", fragment="contacts/_lines.html", rows=line_rows(part), part=part)


@feature.get("/lines/<int:line_id>", needs=Permission.SEE_CALLS)
def line(line_id: int) -> ResponseReturnValue:
    found = find_line(line_id)
    return _line_page(LineForm.of(found), found)


@feature.post("/lines/<int:line_id>", needs=Permission.MANAGE_INTEGRATION)
def edit_line(line_id: int) -> ResponseReturnValue:
    form, found = LineForm(), hold(find_line(line_id))
    if form.is_overtaken(LineForm.of(found)):
        return _line_page(form, found, 409)
    try:
        saved = label_line(line_id, form.label.data or "")
    except Refused as error:
        form.refuse(error)
        return _line_page(form, found, 422)
    return htmx.done(_("%(name)s was saved.", name=saved.name), back_to=url_for("contacts.lines"))


def _part() -> str:
    return request.args.get("q", "").replace("\0", "").strip()[:100]


def _user_page(form: CrmUserForm, user: CrmUser | None, status: int = 200) -> Response:
    return htmx.render("contacts/crm_user.html", fragment=USER_FORM, status=status, form=form, user=user)


def _line_page(form: LineForm, found: SipLine, status: int = 200) -> Response:
    return htmx.render("contacts/line.html", fragment=LINE_FORM, status=status, form=form, line=found)
