"""Who answered last and how much today, kept as calls end: two strategies order their members by it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import case

from portal.accounts.models import Account
from portal.calls.events import CallFinished
from portal.kernel.clock import start_of_day
from portal.kernel.db import db, upsert
from portal.routing.models import LineActivity
from portal.telephony.addresses import is_sip_account


def on_call_finished(event: CallFinished) -> None:
    """Notes an answered call for the SIP account that answered it, in the call's own transaction.

    A call belongs to the local day in which it was answered; one of an earlier day that ends late counts for none.
    """
    call = event.call
    if call.answered_at is None or call.ended_at is None or call.callee is None or not is_sip_account(call.callee):
        return
    zone = ZoneInfo(db.session.get_one(Account, call.account_id).time_zone)
    day = start_of_day(call.answered_at, zone)
    same_day, later_day = LineActivity.day_started_at == day, LineActivity.day_started_at < day
    upsert(
        LineActivity,
        {"address": call.callee, "last_ended_at": call.ended_at, "day_started_at": day, "answered_count": 1},
        key=["account_id", "address"],
        change={
            "last_ended_at": case(
                (LineActivity.last_ended_at < call.ended_at, call.ended_at), else_=LineActivity.last_ended_at
            ),
            "day_started_at": case((later_day, day), else_=LineActivity.day_started_at),
            "answered_count": case(
                (same_day, LineActivity.answered_count + 1), (later_day, 1), else_=LineActivity.answered_count
            ),
        },
    )
