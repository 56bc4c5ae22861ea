"""What the pages of calls show of deliveries: a chip each in the log, the whole story on the page of one call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _
from portal.webhooks.models import WebhookDelivery
from portal.webhooks.queries import deliveries_of_calls
from portal.webhooks.urls import host_of, place_of


def _load(calls: Sequence[CallRecord]) -> Mapping[int, list[WebhookDelivery]]:
    found = deliveries_of_calls([call.api_call_id for call in calls])
    return {call.id: found[call.api_call_id] for call in calls if call.api_call_id in found}


def _told_apart(deliveries: Sequence[WebhookDelivery] | None) -> list[tuple[WebhookDelivery, str]]:
    """Each real delivery of a call; where several webhooks were told the same, with what tells where it went."""
    real = [each for each in deliveries or () if not each.is_test]
    places: dict[str, list[str]] = defaultdict(list)
    for each in real:
        places[each.event.type].append(each.subscription.url)
    return [(each, _in_short(each.subscription.url, places[each.event.type])) for each in real]


def _in_short(url: str, all_of_them: Sequence[str]) -> str:
    """The server, where that tells it from the others, else the path there; "" where there are no others."""
    if len(all_of_them) == 1:
        return ""
    hosts = [host_of(each) for each in all_of_them]
    return host_of(url) if len(set(hosts)) == len(hosts) else place_of(url).removeprefix(host_of(url))


FILTERS: dict[str, Callable[..., object]] = {"told_apart": _told_apart}
DELIVERY_PANEL = CallPanel(
    heading=lambda: _("Webhooks"),
    load=_load,
    cell="webhooks/_call_chips.html",
    section="webhooks/_call_deliveries.html",
)
