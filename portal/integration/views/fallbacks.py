"""Where calls go that led to nobody, case by case."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.integration.fallbacks import PAGE, FallbacksForm, fallbacks_page
from portal.integration.feature import feature
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.routing.queries import new_contact_group
from portal.routing.services import set_fallbacks
from portal.web import htmx
from portal.web.access import Permission

FRAGMENT = "integration/_fallbacks.html"


@feature.get("/fallbacks", needs=Permission.SEE_INTEGRATION)
def fallbacks() -> ResponseReturnValue:
    return htmx.render(PAGE, fragment=FRAGMENT, **fallbacks_page())


@feature.post("/fallbacks", needs=Permission.MANAGE_INTEGRATION)
def save_fallbacks() -> ResponseReturnValue:
    form = FallbacksForm()
    if not form.validate():
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **fallbacks_page(form))
    new_contact_group(locks=True)
    if form.is_overtaken(FallbacksForm.saved()):
        return htmx.render(PAGE, fragment=FRAGMENT, status=409, **fallbacks_page(form))
    try:
        set_fallbacks(form.rules())
    except Refused as error:
        form.refuse(error)
        return htmx.render(PAGE, fragment=FRAGMENT, status=422, **fallbacks_page(form))
    context = fallbacks_page() if htmx.wants_fragment() else {}
    undo = url_for("integration.undo_group", group_id=new_contact_group().id, back="fallbacks")
    return htmx.done(_("Saved."), back_to=url_for("integration.fallbacks"), fragment=FRAGMENT, undo=undo, **context)
