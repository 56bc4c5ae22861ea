"""The filters of a webhook's deliveries: read from the address, shown on the page, written into its links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from portal.kernel.i18n import gettext as _
from portal.webhooks.models import DeliveryState
from portal.webhooks.queries import DeliveryFilter
from portal.webhooks.words import state_badge

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
    state: str
    api_call_id: str
    is_filtered: bool


def read_filter(arguments: Mapping[str, str]) -> DeliveryFilter:
    """The choice in an address; what makes no sense there is left out."""
    state, call = arguments.get("state", ""), arguments.get("api_call_id", "").strip().lower()
    return DeliveryFilter(
        state=DeliveryState(state) if state in list(DeliveryState) else None,
        api_call_id=call if _API_CALL_ID.fullmatch(call) else None,
    )


def filter_bar(webhook_id: int, chosen: DeliveryFilter) -> FilterBar:
    """The bar of this choice."""
    states = [
        Choice(_("All"), _address(webhook_id, None, chosen.api_call_id), chosen.state is None),
        *(
            Choice(state_badge(state).word, _address(webhook_id, state, chosen.api_call_id), state == chosen.state)
            for state in DeliveryState
            if state is not DeliveryState.SENDING
        ),
    ]
    return FilterBar(states, chosen.state or "", chosen.api_call_id or "", chosen != DeliveryFilter())


def page_url(webhook_id: int, chosen: DeliveryFilter, cursor: str | None) -> str | None:
    """Where another page of this choice stands; None where there is none."""
    return _address(webhook_id, chosen.state, chosen.api_call_id, cursor) if cursor else None


def _address(webhook_id: int, state: str | None, api_call_id: str | None, page: str | None = None) -> str:
    return url_for("webhooks.webhook", webhook_id=webhook_id, state=state, api_call_id=api_call_id, page=page)
