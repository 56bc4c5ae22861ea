"""A test with a real past call: chosen, shown as it would go out, sent."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import vault
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks import queries, trying
from portal.webhooks.pages import evidence
from portal.webhooks.pages.views.feature import feature


@feature.get("/<int:webhook_id>/test", needs=Permission.MANAGE_INTEGRATION)
def test(webhook_id: int) -> ResponseReturnValue:
    row = queries.webhook_row(webhook_id)
    calls = trying.past_calls(row.webhook.event)
    chosen = next((call for call in calls if call.api_call_id == request.args.get("api_call_id")), None)
    chosen = chosen or (calls[0] if calls else None)
    return htmx.render(
        "webhooks/test.html",
        row=row,
        calls=calls,
        chosen=chosen,
        wire=evidence.as_text(trying.preview(row.webhook, chosen, vault())) if chosen else None,
    )


@feature.post("/<int:webhook_id>/test", needs=Permission.MANAGE_INTEGRATION)
def send_test(webhook_id: int) -> ResponseReturnValue:
    delivery = trying.send_test(webhook_id, request.form.get("api_call_id", ""))
    back_to = url_for(".delivery", webhook_id=webhook_id, delivery_id=delivery.id)
    return htmx.done(_("The test is on its way."), back_to=back_to)
