"""What the pages of calls show of deliveries: a chip each in the log, the whole story on the page of one call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _
from portal.webhooks.models import WebhookDelivery, WebhookSubscription
from portal.webhooks.queries import deliveries_of_calls
from portal.webhooks.urls import host_of, place_of


def _load(calls: Sequence[CallRecord | LoggedCall]) -> Mapping[int, list[WebhookDelivery]]:
    found = deliveries_of_calls([call.api_call_id for call in calls])
    return {call.id: found[call.api_call_id] for call in calls if call.api_call_id in found}


def _told_apart(deliveries: Sequence[WebhookDelivery] | None) -> list[tuple[WebhookDelivery, str]]:
    """Each real delivery of a call; where several webhooks were told the same, with what tells where it went."""
    if not deliveries:
        return []
    real = [each for each in deliveries if not each.is_test]
    told: dict[str, list[WebhookSubscription]] = defaultdict(list)
    for each in real:
        told[each.event.type].append(each.subscription)
    return [(each, _in_short(each.subscription, told[each.event.type])) for each in real]


def _in_short(webhook: WebhookSubscription, all_of_them: Sequence[WebhookSubscription]) -> str:
    """The server where that tells it from the others, else the path there, else its number; "" where it is alone."""
    if len(all_of_them) == 1:
        return ""
    for name in (host_of, _path_of):
        if len({name(each.url) for each in all_of_them}) == len(all_of_them):
            return name(webhook.url)
    return f"#{webhook.id}"


def _path_of(url: str) -> str:
    return place_of(url).removeprefix(host_of(url))


FILTERS: dict[str, Callable[..., object]] = {"told_apart": _told_apart}
DELIVERY_PANEL = CallPanel(
    heading=lambda: _("Webhooks"),
    load=_load,
    cell="webhooks/_call_chips.html",
    section="webhooks/_call_deliveries.html",
)
