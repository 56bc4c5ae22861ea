"""A try that is over, as it goes from the sender to where it is noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.schedule import Verdict


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was sent and what came back; the fields of `DeliveryAttempt` under the same names."""

    started_at: datetime
    ended_at: datetime
    request_line: str
    request_headers: list[list[str]]
    status: int | None
    failure: str | None
    failure_text: str | None
    response_headers: list[list[str]] | None
    response_body: str | None
    is_cut: bool
    peer: str | None
    phases: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """A claimed delivery and what came of trying it."""

    delivery: ClaimedDelivery
    exchanged: Exchanged
    verdict: Verdict
    retry_after: timedelta | None
