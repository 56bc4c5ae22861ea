"""Who hears of what: the rooms that write their rows in a call's transaction. Part of the composition root."""

from __future__ import annotations

from flask import Flask

from portal.accounts.events import AccountOpened
from portal.billing import charging
from portal.calls.events import CallAnswered, CallEnding, CallFinished, CallRang, CallRecorded, CallStarted
from portal.calls.log import upkeep
from portal.connectors.telling import marks as crm
from portal.contacts import upkeep as contacts_upkeep
from portal.followups import keeping as followups
from portal.kernel.events import EventBus
from portal.recordings import sink as recordings
from portal.routing import activity as routing_activity
from portal.routing import onward_turns, stamping
from portal.routing import services as routing
from portal.telephony.events import CallOrdered
from portal.webhooks import outbox
from portal.webhooks.alerts import services as webhook_alerts
from portal.webhooks.events import WebhookFailing, WebhookRecovered, WebhookSwitchedOff


def init_app(app: Flask) -> None:
    """Subscribes the rooms, in the order in which they must write."""
    upkeep.watch()
    contacts_upkeep.watch()
    stamping.watch()
    bus: EventBus = app.extensions["portal.events"]
    bus.subscribe(AccountOpened, routing.on_account_opened)
    bus.subscribe(AccountOpened, charging.on_account_opened)
    bus.subscribe(CallOrdered, charging.on_call_ordered)
    bus.subscribe(CallEnding, crm.on_call_ending)
    bus.subscribe(CallEnding, charging.on_call_ending)
    bus.subscribe(CallEnding, recordings.on_call_ending)
    bus.subscribe(CallFinished, routing_activity.on_call_finished)
    bus.subscribe(CallAnswered, followups.on_call_answered)
    bus.subscribe(CallFinished, followups.on_call_finished)
    bus.subscribe(CallStarted, outbox.on_call_started)
    bus.subscribe(CallAnswered, outbox.on_call_answered)
    bus.subscribe(CallFinished, outbox.on_call_finished)
    bus.subscribe(CallRang, onward_turns.on_call_rang)
    bus.subscribe(CallRang, crm.on_call_rang)
    bus.subscribe(CallFinished, crm.on_call_finished)
    bus.subscribe(CallFinished, recordings.on_call_finished)
    bus.subscribe(WebhookFailing, webhook_alerts.on_failing)
    bus.subscribe(WebhookSwitchedOff, webhook_alerts.on_switched_off)
    bus.subscribe(WebhookRecovered, webhook_alerts.on_recovered)
    bus.subscribe(CallRecorded, outbox.on_call_recorded)
    bus.subscribe(CallRecorded, crm.on_call_recorded)
