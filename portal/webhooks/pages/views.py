"""The list of webhooks, the page of one, the page of one delivery, and what can be done there."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.http import Door, redact
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.security import is_own_path
from portal.webhooks import backlog, queries, services, words
from portal.webhooks.models import EventType, WebhookSubscription
from portal.webhooks.pages.filter_bar import filter_bar, page_url, read_filter
from portal.webhooks.pages.forms import WebhookForm
from portal.webhooks.pages.section import webhook_section
from portal.webhooks.urls import check_url

feature = Feature("webhooks", __name__, url_prefix="/webhooks")
for _name, _filter in {**words.FILTERS, "redacted": redact}.items():
    feature.add_app_template_filter(_filter, _name)
feature.add_app_template_global(words.cause, "failure_cause")


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
            return _refused(form)
        hook = services.add_webhook(check_url(_door(), form.url.data or ""), EventType(form.event.data))
    except Refused as error:
        form.refuse(error)
        return _refused(form)
    return _listed(_("The webhook was added."), hook, fragment="webhooks/_webhook_list.html")


@feature.get("/<int:webhook_id>", needs=Permission.SEE_INTEGRATION)
def webhook(webhook_id: int) -> ResponseReturnValue:
    row = queries.webhook_row(webhook_id)
    chosen = read_filter(request.args)
    page = queries.delivery_page(webhook_id, chosen, Cursor.decode(request.args.get("page", ""), 1))
    return htmx.render(
        "webhooks/webhook.html",
        fragment="webhooks/_deliveries.html",
        row=row,
        waiting=queries.waiting_count(webhook_id),
        bar=filter_bar(webhook_id, chosen),
        deliveries=page.rows,
        newer_url=page_url(webhook_id, chosen, page.previous),
        older_url=page_url(webhook_id, chosen, page.next),
    )


@feature.post("/<int:webhook_id>/remove", needs=Permission.MANAGE_INTEGRATION)
def remove(webhook_id: int) -> ResponseReturnValue:
    hook = services.remove_webhook(webhook_id)
    undo = url_for(".restore", webhook_id=hook.id, back=_back())
    return _listed(_("The webhook was removed."), hook, undo=undo)


@feature.post("/<int:webhook_id>/restore", needs=Permission.MANAGE_INTEGRATION)
def restore(webhook_id: int) -> ResponseReturnValue:
    return _listed(_("The webhook is back."), services.restore_webhook(webhook_id))


@feature.post("/<int:webhook_id>/pause", needs=Permission.MANAGE_INTEGRATION)
def pause(webhook_id: int) -> ResponseReturnValue:
    hook = services.pause_webhook(webhook_id)
    undo = url_for(".resume", webhook_id=hook.id, back=_back())
    return _listed(_("The webhook is paused: notices are kept until you resume it."), hook, undo=undo)


@feature.post("/<int:webhook_id>/resume", needs=Permission.MANAGE_INTEGRATION)
def resume(webhook_id: int) -> ResponseReturnValue:
    return _listed(_("The webhook sends again."), backlog.resume_webhook(webhook_id))


@feature.get("/<int:webhook_id>/deliveries/<int:delivery_id>", needs=Permission.SEE_INTEGRATION)
def delivery(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    row = queries.webhook_row(webhook_id)
    found = queries.find_delivery(webhook_id, delivery_id)
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return htmx.render("webhooks/delivery.html", fragment="webhooks/_delivery.html", row=row, delivery=found)


@feature.post("/<int:webhook_id>/deliveries/<int:delivery_id>/repeat", needs=Permission.MANAGE_INTEGRATION)
def repeat(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    services.repeat_delivery(webhook_id, delivery_id)
    back_to = _back(url_for(".delivery", webhook_id=webhook_id, delivery_id=delivery_id))
    return htmx.done(_("It is being sent again."), back_to=back_to)


def _listed(
    message: str,
    hook: WebhookSubscription,
    *,
    fragment: str = "webhooks/_webhook_rows.html",
    undo: str | None = None,
) -> ResponseReturnValue:
    """After a change: the list under htmx, else the page where the form stood."""
    db.session.flush()
    return htmx.done(message, back_to=_back(), fragment=fragment, undo=undo, changed=hook.id, **webhook_section())


def _refused(form: WebhookForm) -> ResponseReturnValue:
    return htmx.render(
        "webhooks/index.html", fragment="webhooks/_webhook_list.html", status=422, **webhook_section(form)
    )


def _back(otherwise: str | None = None) -> str:
    """The page of ours on which the form stood."""
    target = request.values.get("back", "")
    return target if is_own_path(target) else otherwise or url_for(".index")


def _door() -> Door:
    door: Door = current_app.extensions["portal.http"]
    return door
