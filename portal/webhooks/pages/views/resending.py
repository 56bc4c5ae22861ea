"""Many at once, the number first: what failed since a moment, the calls of a period that have not arrived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.config import Settings
from portal.kernel.db import transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import day_and_time
from portal.webhooks import queries, resending
from portal.webhooks.models import WebhookSubscription
from portal.webhooks.pages.period import Period, read_moment, read_period
from portal.webhooks.pages.views.feature import feature
from portal.webhooks.sending.schedule import LASTING


@feature.get("/<int:webhook_id>/resend", needs=Permission.MANAGE_INTEGRATION)
def resend(webhook_id: int) -> ResponseReturnValue:
    row = queries.webhook_row(webhook_id)
    since = read_moment(request.args, "since")
    period, rest = _period(request.args, row.webhook)
    return htmx.render(
        "webhooks/resend.html",
        row=row,
        is_lasting=row.webhook.event in LASTING,
        since=since,
        failed=resending.failed_count(webhook_id, since.moment),
        most_counted=resending.MOST_COUNTED,
        period=period,
        rest=rest,
        days_kept=_days_kept(),
        unreached=resending.unreached_count(row.webhook, period.since, period.until),
    )


@feature.post("/<int:webhook_id>/repeat-failed", needs=Permission.MANAGE_INTEGRATION)
def repeat_failed(webhook_id: int) -> ResponseReturnValue:
    count = resending.repeat_failed(webhook_id, read_moment(request.form, "since").moment)
    message = ngettext("%(num)s delivery is being sent again.", "%(num)s deliveries are being sent again.", count)
    return htmx.done(message, back_to=url_for(".webhook", webhook_id=webhook_id))


@feature.post("/<int:webhook_id>/catch-up", needs=Permission.MANAGE_INTEGRATION, writes=False)
def catch_up(webhook_id: int) -> ResponseReturnValue:
    period, rest = _period(request.form, queries.webhook_row(webhook_id).webhook)
    count = _in_batches(webhook_id, period)
    message = ngettext("%(num)s call is on its way to the CRM.", "%(num)s calls are on their way to the CRM.", count)
    if rest is None:
        return htmx.done(message, back_to=url_for(".webhook", webhook_id=webhook_id))
    further = _("These are the calls until %(moment)s; the later ones come next.", moment=day_and_time(rest.since))
    there: dict[str, Any] = {"from": rest.since_text, "to": rest.until_text}
    return htmx.done(f"{message} {further}", back_to=url_for(".resend", webhook_id=webhook_id, **there))


def _period(values: Mapping[str, str], hook: WebhookSubscription) -> tuple[Period, Period | None]:
    """What one look goes through, and what is left of the period that was named."""
    named = read_period(values, hook.hears_since, timedelta(days=_days_kept()))
    return named.divided(resending.looked_at(named.since, named.until))


def _days_kept() -> int:
    settings: Settings = current_app.extensions["portal.settings"]
    return settings.webhook_days


def _in_batches(webhook_id: int, period: Period) -> int:
    """Each batch is a transaction of its own, so that calls can be written meanwhile."""
    account_id, total = current_account_id(), 0
    while total < resending.MOST_LOOKED_AT:
        with transaction(account_id):
            count = resending.send_unreached(webhook_id, period.since, period.until)
        if not count:
            break
        total += count
    return total
