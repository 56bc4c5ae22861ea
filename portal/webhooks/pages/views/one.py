"""The page of one webhook, and the page of one delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.kernel.clock import now
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.mail.outbox import is_mail_set
from portal.kernel.paging import Cursor
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks import backlog, editing, hours, queries, resending, services
from portal.webhooks.models import SubscriptionState, WebhookDelivery, WebhookSubscription
from portal.webhooks.pages import evidence
from portal.webhooks.pages.filter_bar import filter_bar, page_url, read_filter
from portal.webhooks.pages.views.feature import back, feature
from portal.webhooks.sending.schedule import LASTING

_LOOK_BACK = timedelta(hours=24)
_MOST_UNREACHED = 1001
"""What the page counts: beyond a thousand it says "more than"."""


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
        **overview(row.webhook),
        bar=filter_bar(row.webhook, chosen, request.args),
        deliveries=page.rows,
        newer_url=page_url(webhook_id, chosen, page.previous, request.args),
        older_url=page_url(webhook_id, chosen, page.next, request.args),
    )


@feature.get("/<int:webhook_id>/deliveries/<int:delivery_id>", needs=Permission.SEE_INTEGRATION)
def delivery(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    row = queries.webhook_row(webhook_id)
    found = _delivery(webhook_id, delivery_id)
    return htmx.render("webhooks/delivery.html", fragment="webhooks/_delivery.html", row=row, delivery=found)


@feature.post(
    "/<int:webhook_id>/deliveries/<int:delivery_id>/curl", needs=Permission.MANAGE_INTEGRATION, needs_fresh=True
)
def copy_curl(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    found = _delivery(webhook_id, delivery_id)
    attempt = next((each for each in found.tries if str(each.number) == request.form.get("try")), None)
    if attempt is None:
        raise Refused(_("There is no such try."), "try")
    keys = editing.reveal_headers(webhook_id, vault())
    return Response(
        evidence.curl(found, attempt, queries.webhook_row(webhook_id).webhook.url, keys), mimetype="text/plain"
    )


@feature.post("/<int:webhook_id>/deliveries/<int:delivery_id>/repeat", needs=Permission.MANAGE_INTEGRATION)
def repeat(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    services.repeat_delivery(webhook_id, delivery_id)
    back_to = back(url_for(".delivery", webhook_id=webhook_id, delivery_id=delivery_id))
    return htmx.done(_("It is being sent again."), back_to=back_to)


def _delivery(webhook_id: int, delivery_id: int) -> WebhookDelivery:
    found = queries.find_delivery(webhook_id, delivery_id)
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return found


def overview(hook: WebhookSubscription) -> dict[str, Any]:
    """What stands over the list: the day by hours, what waits, and which calls have not arrived."""
    moment = now()
    is_sending = hook.state == SubscriptionState.ACTIVE and hook.removed_at is None
    is_lasting = hook.event in LASTING
    return {
        "sends_mail": is_mail_set(),
        "hours": hours.last_day(hook.id, moment),
        "backlog": None if is_sending or hook.removed_at else backlog.backlog_counts(hook.id),
        "unreached": resending.unreached_count(
            hook, max(moment - _LOOK_BACK, hook.hears_since), moment, _MOST_UNREACHED
        )
        if is_sending and is_lasting
        else 0,
    }
