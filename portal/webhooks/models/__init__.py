"""Tables of webhooks: who wants to know what, what happened, what is to be delivered, what was tried."""

from portal.webhooks.models.attempt import DeliveryAttempt
from portal.webhooks.models.delivery import DeliveryState, Lane, WebhookDelivery
from portal.webhooks.models.event import EventType, WebhookEvent
from portal.webhooks.models.subscription import Method, SubscriptionState, WebhookSubscription

__all__ = [
    "DeliveryAttempt",
    "DeliveryState",
    "EventType",
    "Lane",
    "Method",
    "SubscriptionState",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookSubscription",
]
