"""CRM users and their SIP accounts: mapped, added, renamed, removed, pasted as a list.

Whatever is done here, what was chosen in the selects and not yet saved stays chosen.
"""

from __future__ import annotations

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts import services
from portal.contacts.errors import MappingChanged, MappingRefused
from portal.integration.feature import feature
from portal.integration.forms import CrmUserForm, ImportForm
from portal.integration.mapping import mapping_form, mapping_section
from portal.integration.sections import show
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.web import htmx
from portal.web.access import Permission

FRAGMENT = "_mapping.html"
CHANGED = "crm-users-changed"
"""Other sections of the open page show CRM users too."""


@feature.post("/mapping", needs=Permission.MANAGE_INTEGRATION)
def save_mapping() -> ResponseReturnValue:
    form = mapping_form(is_typed=True)
    if not form.validate():
        return show(FRAGMENT, mapping_section(form), 422)
    try:
        changed = services.map_crm_users(form.wanted(), based_on=form.based_on())
    except MappingRefused as error:
        form.refuse_mapping(error)
        return show(FRAGMENT, mapping_section(form), 422)
    except MappingChanged as error:
        form.show_present(error)
        return show(FRAGMENT, mapping_section(form), 409)
    names = ", ".join(user.name for user in changed)
    return _done(_("Saved: %(names)s.", names=names) if names else _("Saved. Nothing was different."), keep=False)


@feature.post("/crm-users", needs=Permission.MANAGE_INTEGRATION)
def add_crm_user() -> ResponseReturnValue:
    form = CrmUserForm()
    try:
        user = services.add_crm_user(form.name.data or "")
    except Refused as error:
        form.refuse(error)
        return show(FRAGMENT, mapping_section(mapping_form(is_typed=True), add=form), 422)
    return _done(_("%(name)s was added.", name=user.name))


@feature.post("/crm-users/<int:crm_user_id>/rename", needs=Permission.MANAGE_INTEGRATION)
def rename_crm_user(crm_user_id: int) -> ResponseReturnValue:
    typed = request.form.get(f"name-{crm_user_id}", "")
    try:
        user = services.rename_crm_user(crm_user_id, typed)
    except Refused as error:
        refusal = (crm_user_id, typed, error.message)
        return show(FRAGMENT, mapping_section(mapping_form(is_typed=True), renamed=refusal), 422)
    return _done(_("The name is now %(name)s.", name=user.name))


@feature.post("/crm-users/<int:crm_user_id>/remove", needs=Permission.MANAGE_INTEGRATION)
def remove_crm_user(crm_user_id: int) -> ResponseReturnValue:
    user = services.remove_crm_user(crm_user_id)
    undo = url_for("integration.restore_crm_user", crm_user_id=crm_user_id)
    return _done(_("%(name)s was removed.", name=user.name), undo=undo)


@feature.post("/crm-users/<int:crm_user_id>/restore", needs=Permission.MANAGE_INTEGRATION)
def restore_crm_user(crm_user_id: int) -> ResponseReturnValue:
    user = services.restore_crm_user(crm_user_id)
    return _done(_("%(name)s is back.", name=user.name))


@feature.post("/crm-users/import", needs=Permission.MANAGE_INTEGRATION)
def import_crm_users() -> ResponseReturnValue:
    form = ImportForm()
    try:
        imported = services.import_crm_users(form.text.data or "")
    except Refused as error:
        form.refuse(error)
        return show(FRAGMENT, mapping_section(mapping_form(is_typed=True), paste=form), 422)
    if imported.skipped or imported.unread:
        response = show(FRAGMENT, mapping_section(mapping_form(is_typed=True), imported=imported))
        return htmx.announce(response, CHANGED)
    count = len(imported.added)
    return _done(ngettext("%(num)s CRM user was added.", "%(num)s CRM users were added.", count))


def _done(message: str, *, undo: str | None = None, keep: bool = True) -> Response:
    """The section anew; with `keep` the selects stay as they were chosen."""
    context = mapping_section(mapping_form(is_typed=keep)) if htmx.wants_fragment() else {}
    back = url_for("integration.index", _anchor="mapping")
    return htmx.done(message, back_to=back, fragment=f"integration/{FRAGMENT}", undo=undo, announces=CHANGED, **context)
