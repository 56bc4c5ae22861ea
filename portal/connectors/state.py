"""How the CRM is: each answer is noted, trouble makes what can wait wait longer, and the page shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.connectors.links import CHANGED, crm_link
from portal.connectors.models import CrmLink
from portal.kernel.clock import now
from portal.kernel.db import announce
from portal.kernel.http import ServiceTrouble, Trouble

FIRST_REST = timedelta(seconds=2)
LONGEST_REST = timedelta(minutes=10)
_NEEDS_A_PERSON = frozenset(
    {Trouble.KEY_REFUSED, Trouble.FORBIDDEN, Trouble.UNPAID, Trouble.NOT_AUTHORISED, Trouble.NO_APPLICATION}
)
_OFTEN = timedelta(seconds=15)
"""Success after success is written down no oftener: the page needs it no finer."""


def note_good() -> None:
    """It answered."""
    link, moment = crm_link(), now()
    if link is None or (not link.trouble and link.good_at is not None and link.good_at > moment - _OFTEN):
        return
    link = crm_link(locks=True)
    if link is None:
        return
    link.good_at = moment
    link.trouble, link.detail, link.failures, link.resting_until = "", "", 0, None
    announce(CHANGED)


def note_trouble(failure: ServiceTrouble) -> datetime:
    """It did not: what waits is tried again at the moment that is answered, later each time."""
    link, moment = crm_link(locks=True), now()
    if link is None:
        return moment + LONGEST_REST
    link.failures += 1
    rest = min(FIRST_REST * 2 ** min(link.failures - 1, 12), LONGEST_REST)
    if failure.trouble in _NEEDS_A_PERSON:
        # It will not go away by itself, and knocking again and again may lock us out.
        rest = LONGEST_REST
    if failure.retry_after is not None:
        rest = max(FIRST_REST, min(timedelta(seconds=failure.retry_after), LONGEST_REST))
    link.trouble, link.detail, link.failed_at = failure.trouble.value, failure.detail[:200], moment
    link.resting_until = moment + rest
    announce(CHANGED)
    return link.resting_until


def is_resting(link: CrmLink, moment: datetime) -> bool:
    """Whether nothing is to be told now."""
    return link.resting_until is not None and link.resting_until > moment
