"""How the provider is: each answer is noted, trouble makes the next question wait longer, and the page shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app

from portal.kernel.clock import now
from portal.kernel.db import announce
from portal.kernel.http import ServiceTrouble, Trouble
from portal.telephony.provider.models import ProviderLink
from portal.telephony.provider.services import CHANGED, provider_link

FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=5)
FAILURES_TO_REFUSE = 3
"""From so many failures in a row on, calls are not even ordered while it rests."""


def is_provider_engine() -> bool:
    """Whether this installation takes its calls from providers."""
    return bool(current_app.extensions["portal.settings"].engine == "provider")


def note_good(asked_at: datetime) -> None:
    """It gave a whole answer to what was asked at this moment."""
    link = provider_link(locks=True)
    if link is None:
        return
    link.good_at = max(link.good_at or asked_at, asked_at)
    if link.trouble:
        link.trouble, link.detail, link.failures, link.resting_until = "", "", 0, None
    announce(CHANGED)


def note_trouble(trouble: Trouble, detail: str, retry_after: float | None = None) -> None:
    """It gave none: the next question waits, twice as long each time, or as long as the provider says."""
    link = provider_link(locks=True)
    if link is None:
        return
    link.failures += 1
    rest = min(FIRST_REST * 2 ** min(link.failures - 1, 10), LONGEST_REST)
    if trouble in (Trouble.KEY_REFUSED, Trouble.FORBIDDEN, Trouble.ADDRESS):
        # It will not go away by itself, and knocking again and again may lock us out.
        rest = LONGEST_REST
    if retry_after is not None:
        rest = max(FIRST_REST, min(timedelta(seconds=retry_after), LONGEST_REST))
    moment = now()
    link.trouble, link.detail, link.failed_at = trouble.value, detail[:200], moment
    link.resting_until = moment + rest
    announce(CHANGED)


def note_failure(failure: ServiceTrouble) -> None:
    """The same, from what the client raised."""
    if failure.is_of_the_service:
        note_trouble(failure.trouble, failure.detail, failure.retry_after)


def is_resting(link: ProviderLink, moment: datetime) -> bool:
    """Whether nothing is to be asked now."""
    return link.resting_until is not None and link.resting_until > moment
