"""What an admin changes of a webhook: where it goes, how, and of which calls; its secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.accounts.audit import audit
from portal.kernel.clock import now
from portal.kernel.db import announce
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault
from portal.webhooks.choice import KNOWS_NO_LINE, KNOWS_OUTCOME
from portal.webhooks.headers import read_headers
from portal.webhooks.models import EventType, Method, WebhookSubscription
from portal.webhooks.services import find_webhook, refuse_twin, subject_of
from portal.webhooks.signing import new_secret
from portal.webhooks.urls import SendableUrl, redacted


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """All that the form holds. `headers` is its text; an empty choice is no choice."""

    url: SendableUrl
    event: EventType
    method: Method
    headers: str
    rate_per_minute: int | None
    dids: Sequence[str]
    sip_lines: Sequence[str]
    outcomes: Sequence[str]


def update_webhook(webhook_id: int, settings: WebhookSettings, vault: Vault) -> WebhookSubscription:
    """From the next try on; what waits goes out the new way, too. Raises `Refused` at the field that is wrong."""
    hook = find_webhook(webhook_id)
    _refuse_impossible(settings)
    if (hook.canonical_url, hook.event) != (settings.url.canonical, settings.event):
        refuse_twin(settings.url.canonical, settings.event, but=hook.id)
    before, heard_of = _facts(hook), _hears_of(hook)
    hook.headers = read_headers(settings.headers, hook.headers, vault)
    if hook.event != settings.event:
        hook.earlier_events = hook.events
    hook.url, hook.canonical_url, hook.event = settings.url.text, settings.url.canonical, settings.event
    hook.method = settings.method
    if hook.method == Method.POST and hook.secret is None:
        hook.secret = vault.seal(new_secret())
    hook.rate_per_minute = settings.rate_per_minute
    if hook.rate_per_minute is None:
        hook.next_send_at = None
    hook.dids, hook.sip_lines = list(settings.dids), list(settings.sip_lines)
    hook.outcomes = list(settings.outcomes)
    if _hears_of(hook) != heard_of:
        hook.hears_since = now()
    audit("webhook.edit", subject_of(hook), before=before, after=_facts(hook))
    announce("webhooks-changed")
    return hook


def reveal_headers(webhook_id: int, vault: Vault) -> dict[str, str]:
    """The headers that are stored sealed, by their names in small letters: who asks wants to repeat a request."""
    hook = find_webhook(webhook_id)
    audit("webhook.reveal-keys", subject_of(hook))
    return {name.lower(): vault.open(value) for name, value, is_sealed in hook.headers or () if is_sealed}


def reveal_secret(webhook_id: int, vault: Vault) -> str:
    """What its POSTs are signed with. Raises `NotFound` where there is none."""
    hook = find_webhook(webhook_id)
    if hook.secret is None:
        raise NotFound(_("This webhook has no secret: it does not sign."))
    audit("webhook.reveal-secret", subject_of(hook))
    return vault.open(hook.secret)


def rotate_secret(webhook_id: int, overlap: timedelta, vault: Vault) -> WebhookSubscription:
    """A new secret; for the overlap each request carries both signatures, so that the receiver can change over."""
    hook = find_webhook(webhook_id)
    if hook.secret is None:
        raise NotFound(_("This webhook has no secret: it does not sign."))
    hook.old_secret, hook.old_secret_until = (hook.secret, now() + overlap) if overlap else (None, None)
    hook.secret = vault.seal(new_secret())
    audit("webhook.rotate-secret", subject_of(hook), after={"overlap_hours": overlap // timedelta(hours=1)})
    announce("webhooks-changed")
    return hook


def _refuse_impossible(settings: WebhookSettings) -> None:
    if settings.sip_lines and settings.event in KNOWS_NO_LINE:
        raise Refused(_("When a call comes in, nobody has been rung yet: leave the SIP accounts empty."), "sip_lines")
    if settings.outcomes and settings.event not in KNOWS_OUTCOME:
        raise Refused(_("The outcome is known when the call has ended: leave it empty for this event."), "outcomes")


def _hears_of(hook: WebhookSubscription) -> tuple[object, ...]:
    """Of which event of which calls."""
    return hook.event, *(sorted(chosen or ()) for chosen in (hook.dids, hook.sip_lines, hook.outcomes))


def _facts(hook: WebhookSubscription) -> dict[str, object]:
    """For the audit trail: names of headers, no values."""
    return {
        "url": redacted(hook.url),
        "event": hook.event,
        "method": hook.method,
        "headers": [name for name, _value, _is_sealed in hook.headers or ()],
        "rate_per_minute": hook.rate_per_minute,
        "dids": hook.dids or [],
        "sip_lines": hook.sip_lines or [],
        "outcomes": hook.outcomes or [],
    }
