"""What is said of a change: in the bar over each page, and in mail."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app

from portal.kernel.config import Settings
from portal.kernel.i18n import gettext as _
from portal.webhooks.alerts.models import AlertKind
from portal.webhooks.models import WebhookSubscription
from portal.webhooks.urls import redacted
from portal.webhooks.words import event_label

TONES = {AlertKind.FAILING: "bad", AlertKind.SWITCHED_OFF: "bad", AlertKind.RECOVERED: "good"}


def title(kind: AlertKind) -> str:
    """A few words."""
    return {
        AlertKind.FAILING: _("A webhook is failing."),
        AlertKind.SWITCHED_OFF: _("A webhook was switched off."),
        AlertKind.RECOVERED: _("A webhook works again."),
    }[kind]


def explanation(kind: AlertKind) -> str:
    """What it means and what happens next."""
    return {
        AlertKind.FAILING: _(
            "Its server does not take the notices. They are kept; we look by ourselves if it is back."
        ),
        AlertKind.SWITCHED_OFF: _(
            "Its server answered 410: the page is gone for good. Notices are kept until you resume it."
        ),
        AlertKind.RECOVERED: _("Its server takes notices again; what was kept goes out."),
    }[kind]


def told(hook: WebhookSubscription, kind: AlertKind) -> str:
    """Which one it is, and what it means: several may stand in a bar."""
    return f"{event_label(hook.event)}, {urlsplit(hook.url).netloc}. {explanation(kind)}"


def mail_about(hook: WebhookSubscription, kind: AlertKind) -> tuple[str, str]:
    """Subject and text, in the language that is being spoken."""
    settings: Settings = current_app.extensions["portal.settings"]
    # By its path alone: the worker answers no request whose address it could take.
    path = current_app.url_map.bind("").build("webhooks.webhook", {"webhook_id": hook.id})
    where = f"{settings.public_url}{path}" if settings.public_url else _("In the cabinet: CRM integration, Webhooks.")
    lines = (
        title(kind),
        "",
        f"{event_label(hook.event)}: {redacted(hook.url)}",
        explanation(kind),
        "",
        where,
        "",
    )
    return title(kind), "\n".join(lines)
