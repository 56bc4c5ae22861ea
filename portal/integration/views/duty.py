"""A CRM user's own mobile and duty, in the menu of the mapping's row."""

from __future__ import annotations

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts import services
from portal.integration.feature import feature
from portal.integration.mapping import mapping_form, mapping_section
from portal.integration.sections import show
from portal.integration.views.crm_users import CHANGED, FRAGMENT
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/crm-users/<int:crm_user_id>/mobile", needs=Permission.MANAGE_INTEGRATION)
def set_mobile(crm_user_id: int) -> ResponseReturnValue:
    typed = request.form.get(f"mobile-{crm_user_id}", "")
    try:
        user = services.set_mobile(crm_user_id, typed)
    except Refused as error:
        refusal = (crm_user_id, typed, error.message)
        return show(FRAGMENT, mapping_section(mapping_form(is_typed=True), mobile=refusal), 422)
    return _done(_("The mobile of %(name)s was saved.", name=user.name))


@feature.post("/crm-users/<int:crm_user_id>/duty", needs=Permission.MANAGE_INTEGRATION)
def set_duty(crm_user_id: int) -> ResponseReturnValue:
    user = services.set_duty(crm_user_id, is_on_duty=request.form.get("duty") == "on")
    if user.is_on_duty:
        return _done(_("%(name)s is on duty and is rung.", name=user.name))
    return _done(_("%(name)s is off duty: calls pass by.", name=user.name))


def _done(message: str) -> Response:
    context = mapping_section(mapping_form(is_typed=True)) if htmx.wants_fragment() else {}
    back = url_for("integration.index", _anchor="mapping")
    return htmx.done(message, back_to=back, fragment=f"integration/{FRAGMENT}", announces=CHANGED, **context)
