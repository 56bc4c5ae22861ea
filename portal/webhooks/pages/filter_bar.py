"""The filters of a webhook's deliveries: read from the address, shown on the page, written into its links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for

from portal.kernel.clock import now
from portal.kernel.i18n import gettext as _
from portal.webhooks.models import DeliveryState, EventType, WebhookSubscription
from portal.webhooks.pages.period import in_field, parse
from portal.webhooks.queries import DeliveryFilter
from portal.webhooks.words import event_label, state_badge

_API_CALL_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several filters that exclude each other."""

    label: str
    url: str
    is_current: bool
    count: None = None


@dataclass(frozen=True, slots=True)
class FilterBar:
    """What the page shows over the list; `is_filtered` tells an empty choice from an empty history."""

    states: list[Choice]
    periods: list[Choice]
    events: list[tuple[str, str]]
    """Empty where there is but one."""
    values: Mapping[str, str]
    """The fields of the form, as the address has them."""
    is_filtered: bool


def read_filter(arguments: Mapping[str, str]) -> DeliveryFilter:
    """The choice in an address; what makes no sense there is left out."""
    state, call = arguments.get("state", ""), arguments.get("api_call_id", "").strip().lower()
    event = arguments.get("event", "")
    until = parse(arguments.get("to", ""))
    return DeliveryFilter(
        state=DeliveryState(state) if state in list(DeliveryState) else None,
        api_call_id=call if _API_CALL_ID.fullmatch(call) else None,
        event=EventType(event) if event in list(EventType) else None,
        since=parse(arguments.get("from", "")),
        # A field holds no seconds, and a day no hours: the minute, or the day, that was named is part of the choice.
        until=None if until is None else until + _step(arguments.get("to", "")),
    )


def filter_bar(hook: WebhookSubscription, chosen: DeliveryFilter, arguments: Mapping[str, str]) -> FilterBar:
    """The bar of this choice; it asks for the event where the webhook has told several."""
    values = _values(chosen, arguments)

    def address(**other: str | None) -> str:
        return url_for("webhooks.webhook", webhook_id=hook.id, **{**values, **other})

    shown = [state for state in DeliveryState if state is not DeliveryState.SENDING]
    moment = now()
    presets = [
        (_("Hour"), in_field(moment - timedelta(hours=1))),
        (_("24 hours"), in_field(moment - timedelta(hours=24))),
        (_("7 days"), in_field(moment - timedelta(days=7))),
    ]
    return FilterBar(
        states=[
            Choice(_("All"), address(state=None), chosen.state is None),
            *(Choice(state_badge(state).word, address(state=state), state == chosen.state) for state in shown),
        ],
        periods=[
            Choice(_("Any time"), address(**{"from": None, "to": None}), not (chosen.since or chosen.until)),
            *(
                Choice(label, address(**{"from": since, "to": None}), values.get("from") == since and not chosen.until)
                for label, since in presets
            ),
        ],
        events=[(event, event_label(event)) for event in hook.events] if len(hook.events) > 1 else [],
        values=values,
        is_filtered=chosen != DeliveryFilter(),
    )


def page_url(webhook_id: int, chosen: DeliveryFilter, cursor: str | None, arguments: Mapping[str, str]) -> str | None:
    """Where another page of this choice stands; None where there is none."""
    if not cursor:
        return None
    return url_for("webhooks.webhook", webhook_id=webhook_id, **{**_values(chosen, arguments), "page": cursor})


def _values(chosen: DeliveryFilter, arguments: Mapping[str, str]) -> dict[str, Any]:
    """What of the address was understood."""
    values = {
        "state": chosen.state or "",
        "event": chosen.event or "",
        "from": arguments.get("from", "") if chosen.since else "",
        "to": arguments.get("to", "") if chosen.until else "",
        "api_call_id": chosen.api_call_id or "",
    }
    return {name: str(value) for name, value in values.items() if value}


def _step(text: str) -> timedelta:
    return timedelta(minutes=1) if "T" in text else timedelta(days=1)
