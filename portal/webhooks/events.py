"""What became of a webhook, once per change, in the transaction that notes it.

The worker's transactions see all accounts: a subscriber stamps its rows with `webhook.account_id` itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.webhooks.models import WebhookSubscription


@dataclass(frozen=True, slots=True)
class WebhookFailing:
    """Its receiver fails steadily: from now on only probes go out. `webhook.failing_since` tells since when."""

    webhook: WebhookSubscription


@dataclass(frozen=True, slots=True)
class WebhookSwitchedOff:
    """Its receiver said that it is gone (410): nothing goes out until somebody resumes it."""

    webhook: WebhookSubscription


@dataclass(frozen=True, slots=True)
class WebhookRecovered:
    """A receiver that had failed, or had been switched off and resumed, has taken a delivery."""

    webhook: WebhookSubscription
