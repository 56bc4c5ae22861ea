"""The key: shown for a while, copied, replaced, ended."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import api_keys
from portal.accounts.door import vault
from portal.integration.feature import feature
from portal.integration.forms import RotateForm
from portal.integration.sections import key_section, show
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.forms import row_id

FRAGMENT = "_api_key.html"
SHOWN_SECONDS = 30


@feature.post("/key/reveal", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def reveal_key() -> ResponseReturnValue:
    response = show(FRAGMENT, key_section(revealed=api_keys.reveal_api_key(vault())))
    if not htmx.wants_fragment():
        # Without scripts the page covers the key again by leaving this answer.
        response.headers["Refresh"] = f"{SHOWN_SECONDS}; url={_back()}"
    return response


@feature.post("/key/copy", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def copy_key() -> ResponseReturnValue:
    return Response(api_keys.reveal_api_key(vault()), mimetype="text/plain")


@feature.post("/key/rotate", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def rotate_key() -> ResponseReturnValue:
    form = RotateForm()
    if not form.validate():
        return show(FRAGMENT, key_section(form), 422)
    overlap = timedelta(seconds=form.overlap.data)
    try:
        api_keys.rotate_api_key(vault(), overlap, replaces=row_id(form.replaces.data) or 0)
    except Conflict as error:
        form.form_errors.append(error.message)
        return show(FRAGMENT, key_section(form), 409)
    return _done(_("The key was replaced. Put the new one into the CRM."))


@feature.post("/key/<int:key_id>/end", needs=Permission.MANAGE_INTEGRATION)
def end_key(key_id: int) -> ResponseReturnValue:
    api_keys.end_api_key(key_id)
    return _done(_("The replaced key has ended."))


def _done(message: str) -> Response:
    context = key_section() if htmx.wants_fragment() else {}
    return htmx.done(message, back_to=_back(), fragment=f"integration/{FRAGMENT}", **context)


def _back() -> str:
    return url_for("integration.index", _anchor="api-key")
