"""What is to be done before calls reach the CRM. A list that is done is not shown any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from portal.accounts.api_keys import working_keys
from portal.accounts.api_keys.named import named_keys
from portal.contacts.queries import crm_users
from portal.kernel.i18n import gettext as _
from portal.routing.queries import new_contact_group, receivers
from portal.webhooks.queries import WebhookRow


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and where."""

    text: str
    url: str
    is_done: bool


def setup_steps(webhooks: Sequence[WebhookRow]) -> list[Step]:
    """The four steps in their order, or nothing when all are done."""
    users = crm_users()
    is_mapped = bool(users) and all(user.sip_line_id is not None for user in users)
    last_uses = [key.last_used_at for key in working_keys()] + [key.last_used_at for key in named_keys()]
    steps = [
        Step(_("Put the key into the CRM"), _section("api-key"), any(last_uses)),
        Step(_("Give every CRM user a SIP account"), _section("mapping"), is_mapped),
        Step(_("Choose who takes calls of new contacts"), _section("receivers"), bool(receivers(new_contact_group()))),
        Step(_("Add a webhook: the CRM then hears of each call"), _section("webhook-list"), bool(webhooks)),
    ]
    return [] if all(step.is_done for step in steps) else steps


def _section(name: str) -> str:
    return url_for("integration.index", _anchor=name)
