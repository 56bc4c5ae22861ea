"""The bar over every page: what became of a webhook, until the person has put it away."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.web import htmx
from portal.web.access import Permission
from portal.web.security import is_own_path
from portal.webhooks.alerts import services
from portal.webhooks.pages.section import webhook_section
from portal.webhooks.pages.views.feature import feature


@feature.get("/alerts", needs=Permission.MANAGE_INTEGRATION)
def alerts() -> ResponseReturnValue:
    return htmx.render("webhooks/index.html", fragment="layout/_alerts.html", **webhook_section())


@feature.post("/alerts/<int:alert_id>/dismiss", needs=Permission.MANAGE_INTEGRATION)
def dismiss_alert(alert_id: int) -> ResponseReturnValue:
    services.dismiss_alert(alert_id, person_here().user_id)
    if htmx.wants_fragment():
        return htmx.render("webhooks/index.html", fragment="layout/_alerts.html")
    target = request.form.get("back", "")
    return htmx.go_to(target if is_own_path(target) else url_for(".index"))
