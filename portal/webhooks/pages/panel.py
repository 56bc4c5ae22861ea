"""What the pages of calls show of deliveries: a chip each in the log, the whole story on the page of one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.kernel.i18n import gettext as _
from portal.webhooks.models import WebhookDelivery
from portal.webhooks.queries import deliveries_of_calls


def _load(calls: Sequence[CallRecord]) -> Mapping[int, list[WebhookDelivery]]:
    found = deliveries_of_calls([call.api_call_id for call in calls])
    return {call.id: found[call.api_call_id] for call in calls if call.api_call_id in found}


DELIVERY_PANEL = CallPanel(
    heading=lambda: _("Webhooks"),
    load=_load,
    cell="webhooks/_call_chips.html",
    section="webhooks/_call_deliveries.html",
)
