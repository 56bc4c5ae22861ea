"""The list of webhooks with its form, as a section of a page: here, and on the page that composes the integration."""

from __future__ import annotations

from typing import Any

from portal.webhooks.pages.forms import WebhookForm
from portal.webhooks.queries import webhook_list


def webhook_section(form: WebhookForm | None = None) -> dict[str, Any]:
    """What `webhooks/_webhook_list.html` shows; `form` is one that was just refused."""
    return {"webhooks": webhook_list(), "webhook_form": form or WebhookForm(formdata=None)}
