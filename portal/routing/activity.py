"""Who answered last and how much today, kept as calls end: two strategies order their members by it."""

from __future__ import annotations

from sqlalchemy import case, literal

from portal.accounts.zone import account_zone
from portal.calls.events import CallFinished
from portal.kernel.clock import UtcDateTime, start_of_day
from portal.kernel.db import upsert
from portal.routing.models import LineActivity
from portal.telephony.addresses import is_sip_account


def on_call_finished(event: CallFinished) -> None:
    """Notes an answered call for the SIP account that answered it, in the call's own transaction.

    A call belongs to the local day in which it was answered; one of an earlier day that ends late counts for none.
    """
    call = event.call
    if call.answered_at is None or call.ended_at is None or call.callee is None or not is_sip_account(call.callee):
        return
    day = start_of_day(call.answered_at, account_zone())
    ended_at, midnight = literal(call.ended_at, UtcDateTime), literal(day, UtcDateTime)
    last, count = LineActivity.last_ended_at, LineActivity.answered_count
    is_today, is_later = LineActivity.day_started_at == midnight, LineActivity.day_started_at < midnight
    upsert(
        LineActivity,
        {"address": call.callee, "last_ended_at": call.ended_at, "day_started_at": day, "answered_count": 1},
        key=["account_id", "address"],
        change={
            "last_ended_at": case((last < ended_at, ended_at), else_=last),
            "day_started_at": case((is_later, midnight), else_=LineActivity.day_started_at),
            "answered_count": case((is_today, count + 1), (is_later, 1), else_=count),
        },
    )
