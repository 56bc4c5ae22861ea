"""The form of a webhook's settings, and its secret."""

from __future__ import annotations

from datetime import timedelta

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks import editing, queries
from portal.webhooks.models import WebhookSubscription
from portal.webhooks.pages.edit_form import WebhookSettingsForm, filled_form
from portal.webhooks.pages.views.feature import door, feature
from portal.webhooks.services import find_webhook
from portal.webhooks.urls import check_url

SHOWN_SECONDS = 30
_OVERLAPS = {"0": 0, "1": 1, "24": 24, "168": 168}


@feature.get("/<int:webhook_id>/edit", needs=Permission.MANAGE_INTEGRATION)
def edit(webhook_id: int) -> ResponseReturnValue:
    hook = _present(webhook_id)
    return _shown(hook, filled_form(hook))


@feature.post("/<int:webhook_id>/edit", needs=Permission.MANAGE_INTEGRATION)
def save(webhook_id: int) -> ResponseReturnValue:
    hook = _present(webhook_id)
    form = WebhookSettingsForm(hook)
    # A name server may take its time, and SQLite has one writer: the transaction begins anew after it has answered.
    db.session.expunge_all()
    db.session.rollback()
    try:
        if not form.validate():
            return _shown(hook, form, 422)
        url = check_url(door(), form.url.data or "")
        if form.is_overtaken(filled_form(find_webhook(webhook_id))):
            return _shown(hook, form, 409)
        editing.update_webhook(webhook_id, form.settings(url), vault())
    except Refused as error:
        form.refuse(error)
        return _shown(hook, form, 422)
    return htmx.done(_("The webhook was saved."), back_to=url_for(".webhook", webhook_id=webhook_id))


@feature.post("/<int:webhook_id>/secret/reveal", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def reveal_secret(webhook_id: int) -> ResponseReturnValue:
    secret = editing.reveal_secret(webhook_id, vault())
    response = htmx.render(
        "webhooks/edit.html",
        fragment="webhooks/_signing.html",
        webhook=(hook := _present(webhook_id)),
        form=filled_form(hook),
        secret=secret,
    )
    if not htmx.wants_fragment():
        # Without scripts the page covers it again by leaving this answer.
        response.headers["Refresh"] = f"{SHOWN_SECONDS}; url={url_for('.edit', webhook_id=webhook_id)}"
    return response


@feature.post("/<int:webhook_id>/secret/rotate", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True)
def rotate_secret(webhook_id: int) -> ResponseReturnValue:
    hours = _OVERLAPS.get(request.form.get("overlap", ""), 24)
    hook = editing.rotate_secret(webhook_id, timedelta(hours=hours), vault())
    back_to = url_for(".edit", webhook_id=webhook_id, _anchor="signing")
    return htmx.done(
        _("The secret was replaced. Put the new one into the receiver."),
        back_to=back_to,
        fragment="webhooks/_signing.html",
        webhook=hook,
        secret=None,
    )


def _present(webhook_id: int) -> WebhookSubscription:
    hook = queries.webhook_row(webhook_id).webhook
    if hook.removed_at is not None:
        raise NotFound(_("There is no such webhook."))
    return hook


def _shown(hook: WebhookSubscription, form: WebhookSettingsForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render("webhooks/edit.html", status=status, webhook=hook, form=form, secret=None)
