"""SIP accounts and public numbers of an account: added, edited, switched off and on again."""

from __future__ import annotations

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.services import find_account
from portal.admin.companies.forms import LineForm
from portal.admin.feature import feature
from portal.kernel.db import db, hold, transaction
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.telephony import lines
from portal.telephony.models import MAIN_SWITCH, Did, SipLine
from portal.web import htmx
from portal.web.access import Permission

KINDS = {"sip", "number"}
_PATH = "/accounts/<int:account_id>/lines/<string:kind>"


@feature.get(f"{_PATH}/new", needs=Permission.OPERATE)
def new_line(account_id: int, kind: str) -> ResponseReturnValue:
    return _page(account_id, kind, LineForm(switch=MAIN_SWITCH))


@feature.post(f"{_PATH}/new", needs=Permission.OPERATE, writes=False)
def add_line(account_id: int, kind: str) -> ResponseReturnValue:
    _check(kind)
    find_account(account_id)
    form = LineForm()
    if not form.validate():
        return _page(account_id, kind, form, 422)
    add = lines.add_sip_line if kind == "sip" else lines.add_did
    try:
        with transaction(account_id):
            add(form.name.data or "", form.label.data or "", form.switch.data or "")
    except Conflict as error:
        form.form_errors.append(error.message)
        return _page(account_id, kind, form, 409)
    except Refused as error:
        error.field = "name" if error.field == "number" else error.field
        form.refuse(error)
        return _page(account_id, kind, form, 422)
    words = _("The SIP account is there.") if kind == "sip" else _("The number is there.")
    return htmx.done(words, back_to=_back(account_id))


@feature.get(f"{_PATH}/<int:line_id>", needs=Permission.OPERATE)
def line(account_id: int, kind: str, line_id: int) -> ResponseReturnValue:
    with transaction(account_id, writes=False):
        found = _find(kind, line_id)
    return _page(account_id, kind, LineForm.of(found), line=found)


@feature.post(f"{_PATH}/<int:line_id>", needs=Permission.OPERATE, writes=False)
def edit_line(account_id: int, kind: str, line_id: int) -> ResponseReturnValue:
    form = LineForm()
    with transaction(account_id, writes=False):
        found = _find(kind, line_id)
    if not form.validate():
        return _page(account_id, kind, form, 422, line=found)
    try:
        with transaction(account_id):
            found = hold(_find(kind, line_id))
            if form.is_overtaken(LineForm.of(found)):
                return _page(account_id, kind, form, 409, line=found)
            lines.edit_line(found, form.label.data or "", form.switch.data or "")
    except Refused as error:
        form.refuse(error)
        return _page(account_id, kind, form, 422, line=found)
    return htmx.done(_("Saved."), back_to=_back(account_id))


@feature.post(f"{_PATH}/<int:line_id>/off", needs=Permission.OPERATE, writes=False)
def switch_line_off(account_id: int, kind: str, line_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        lines.switch_off(_find(kind, line_id))
    undo = url_for("admin.switch_line_on", account_id=account_id, kind=kind, line_id=line_id)
    return htmx.done(_("Switched off."), back_to=_back(account_id), undo=undo)


@feature.post(f"{_PATH}/<int:line_id>/on", needs=Permission.OPERATE, writes=False)
def switch_line_on(account_id: int, kind: str, line_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        lines.switch_off(_find(kind, line_id), is_disabled=False)
    return htmx.done(_("It works again."), back_to=_back(account_id))


def _find(kind: str, line_id: int) -> SipLine | Did:
    _check(kind)
    session = db.session
    found: SipLine | Did | None = session.get(SipLine, line_id) if kind == "sip" else session.get(Did, line_id)
    if found is None:
        raise NotFound
    return found


def _check(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound


def _back(account_id: int) -> str:
    return url_for("admin.company", account_id=account_id, _anchor="lines")


def _page(account_id: int, kind: str, form: LineForm, status: int = 200, line: SipLine | Did | None = None) -> Response:
    _check(kind)
    account = find_account(account_id)
    return htmx.render("admin/line.html", status=status, company=account, kind=kind, form=form, line=line)
