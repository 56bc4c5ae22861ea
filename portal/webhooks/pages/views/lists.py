"""The list of webhooks, and what can be done in its rows."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks import backlog, services
from portal.webhooks.backlog import Backlog
from portal.webhooks.models import EventType
from portal.webhooks.pages.forms import WebhookForm
from portal.webhooks.pages.section import webhook_section
from portal.webhooks.pages.views.feature import back, door, feature, listed, refused
from portal.webhooks.urls import check_url


@feature.get("", needs=Permission.SEE_INTEGRATION)
def index() -> ResponseReturnValue:
    return htmx.render("webhooks/index.html", fragment="webhooks/_webhook_rows.html", **webhook_section())


@feature.post("", needs=Permission.MANAGE_INTEGRATION)
def add() -> ResponseReturnValue:
    form = WebhookForm()
    # A name server may take its time, and SQLite has one writer: the transaction begins anew after it has answered.
    db.session.rollback()
    try:
        if not form.validate():
            return refused(form)
        hook = services.add_webhook(check_url(door(), form.url.data or ""), EventType(form.event.data))
    except Refused as error:
        form.refuse(error)
        return refused(form)
    return listed(_("The webhook was added."), hook, fragment="webhooks/_webhook_list.html")


@feature.post("/<int:webhook_id>/remove", needs=Permission.MANAGE_INTEGRATION)
def remove(webhook_id: int) -> ResponseReturnValue:
    hook = services.remove_webhook(webhook_id)
    undo = url_for(".restore", webhook_id=hook.id, back=back())
    return listed(_("The webhook was removed."), hook, undo=undo)


@feature.post("/<int:webhook_id>/restore", needs=Permission.MANAGE_INTEGRATION)
def restore(webhook_id: int) -> ResponseReturnValue:
    return listed(_("The webhook is back."), services.restore_webhook(webhook_id))


@feature.post("/<int:webhook_id>/pause", needs=Permission.MANAGE_INTEGRATION)
def pause(webhook_id: int) -> ResponseReturnValue:
    hook = services.pause_webhook(webhook_id)
    undo = url_for(".resume", webhook_id=hook.id, back=back())
    return listed(_("The webhook is paused: notices are kept until you resume it."), hook, undo=undo)


@feature.post("/<int:webhook_id>/resume", needs=Permission.MANAGE_INTEGRATION)
def resume(webhook_id: int) -> ResponseReturnValue:
    chosen = request.form.get("backlog", "")
    choice = Backlog(chosen) if chosen in list(Backlog) else Backlog.ALL
    return listed(_("The webhook sends again."), backlog.resume_webhook(webhook_id, backlog=choice))
