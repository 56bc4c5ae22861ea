"""Who answered last and how much today, kept as calls end: two strategies order their members by it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case

from portal.accounts.zone import account_zone
from portal.calls.events import CallFinished
from portal.kernel.clock import start_of_day
from portal.kernel.prepared import MakeInsert, Prepared, given
from portal.routing.models import LineActivity
from portal.telephony.addresses import is_sip_account


def _note(make: MakeInsert) -> Any:
    noted = make(LineActivity).values(given(("address", "last_ended_at", "day_started_at", "answered_count")))
    last, midnight, count = LineActivity.last_ended_at, LineActivity.day_started_at, LineActivity.answered_count
    is_today, is_later = midnight == noted.excluded.day_started_at, midnight < noted.excluded.day_started_at
    return noted.on_conflict_do_update(
        index_elements=["account_id", "address"],
        set_={
            "last_ended_at": case((last < noted.excluded.last_ended_at, noted.excluded.last_ended_at), else_=last),
            "day_started_at": case((is_later, noted.excluded.day_started_at), else_=midnight),
            "answered_count": case((is_today, count + 1), (is_later, 1), else_=count),
        },
    )


_NOTE = Prepared(_note)


def on_call_finished(event: CallFinished) -> None:
    """Notes an answered call for the SIP account that answered it, in the call's own transaction.

    A call belongs to the local day in which it was answered; one of an earlier day that ends late counts for none.
    """
    call = event.call
    if call.answered_at is None or call.ended_at is None or call.callee is None or not is_sip_account(call.callee):
        return
    day = start_of_day(call.answered_at, account_zone())
    _NOTE.run({"address": call.callee, "last_ended_at": call.ended_at, "day_started_at": day, "answered_count": 1})
