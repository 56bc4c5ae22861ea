"""The page that shows what came to the account's own capture URL, live."""

from __future__ import annotations

from flask import current_app, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.kernel.config import Settings
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.addresses import public_url
from portal.webhooks.capture import services
from portal.webhooks.capture.wire import told
from portal.webhooks.pages.forms import WebhookForm
from portal.webhooks.pages.views.feature import feature


@feature.get("/capture", needs=Permission.MANAGE_INTEGRATION)
def capture() -> ResponseReturnValue:
    _refuse_where_off()
    found = services.find_capture(vault())
    return htmx.render(
        "webhooks/capture.html",
        fragment="webhooks/_captured.html",
        url=public_url("inlet.receive", token=found.token) if found else None,
        events=WebhookForm(formdata=None).event,
        captured=[(each, told(each.query, each.body)) for each in services.captured()] if found else [],
    )


@feature.post("/capture/open", needs=Permission.MANAGE_INTEGRATION)
def open_capture() -> ResponseReturnValue:
    _refuse_where_off()
    services.open_capture(vault())
    return htmx.done(_("The URL is open: what arrives shows here."), back_to=url_for(".capture"))


@feature.post("/capture/clear", needs=Permission.MANAGE_INTEGRATION)
def clear_capture() -> ResponseReturnValue:
    _refuse_where_off()
    services.clear_captured()
    return htmx.done(_("What had arrived was deleted."), back_to=url_for(".capture"))


def has_capture() -> bool:
    """Whether this installation has such pages."""
    settings: Settings = current_app.extensions["portal.settings"]
    return settings.capture_pages


def _refuse_where_off() -> None:
    if not has_capture():
        raise NotFound(_("This cabinet has no capture pages: its operator can switch them on."))
