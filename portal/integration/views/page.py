"""The page, and the phones' states that it asks for while it is open."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts.phones import phone_state
from portal.contacts.queries import crm_users
from portal.integration.checks import mapping_checks
from portal.integration.feature import feature
from portal.integration.rehearsing import rehearsal_section
from portal.integration.sections import PAGE, page_sections
from portal.web import htmx
from portal.web.access import Permission


@feature.get("", needs=Permission.SEE_INTEGRATION)
def index() -> ResponseReturnValue:
    if "caller" in request.args and htmx.wants_fragment():
        return htmx.render(PAGE, fragment="integration/_rehearsal.html", **rehearsal_section())
    return htmx.render(PAGE, **page_sections())


@feature.get("/checks", needs=Permission.SEE_INTEGRATION)
def checks() -> ResponseReturnValue:
    if not htmx.wants_fragment():
        return htmx.go_to(url_for("integration.index", _anchor="checks"))
    return htmx.render(PAGE, fragment="integration/_checks.html", checks=mapping_checks())


@feature.get("/phones", needs=Permission.SEE_INTEGRATION)
def phones() -> ResponseReturnValue:
    if not htmx.wants_fragment():
        return htmx.go_to(url_for("integration.index"))
    states = [(user.id, phone_state(user)) for user in crm_users()]
    return htmx.render(PAGE, fragment="integration/_phone_states.html", states=states)
