"""The work in the background: counting first, and when the operator has agreed, posting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import literal, select, tuple_

from portal.accounts.audit import audit
from portal.accounts.zone import billing_zone
from portal.billing.ledger import hold_balance
from portal.billing.models import ReRating, ReRatingState
from portal.billing.rating import Price
from portal.billing.rerating.pricing import PriceLists, correct, was_told
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import JobKind, RunningJob
from portal.kernel.money import ZERO, exact
from portal.web.access import Permission

KIND = "money-rerating"
_AT_ONCE = 200
_MOST_EXAMPLES = 50


def run(job: RunningJob) -> None:
    """Counts or posts, whichever the row is at; begun anew it goes on where it was."""
    number = int(job.arguments["re_rating"])
    with job.transaction():
        state = db.session.get_one(ReRating, number).state
    if state == ReRatingState.COUNTING:
        _go_through(job, number, _count)
        _finish(job, number, ReRatingState.READY)
    elif state == ReRatingState.APPLYING:
        _go_through(job, number, _post)
        _finish(job, number, ReRatingState.DONE)


def _go_through(job: RunningJob, number: int, step: Callable[[ReRating, Sequence[CallRecord]], None]) -> None:
    """A few calls a transaction, with the place that was reached: what is posted and what is told are one."""
    while True:
        with job.transaction():
            row = db.session.get_one(ReRating, number)
            calls = _calls(row)
            if calls:
                step(row, calls)
                row.calls += len(calls)
                row.reached_at, row.reached_id = calls[-1].started_at, calls[-1].id
            done = row.calls
        job.progress(done)
        if len(calls) < _AT_ONCE:
            return


def _calls(row: ReRating) -> Sequence[CallRecord]:
    """The next finished calls, held against others: an engine locks a call before the balance, and so do we."""
    zone = billing_zone()
    since = datetime.combine(row.first_day, time(), zone)
    until = datetime.combine(row.last_day + timedelta(days=1), time(), zone)
    rows = select(CallRecord).where(
        CallRecord.started_at >= since, CallRecord.started_at < until, CallRecord.ended_at.is_not(None)
    )
    if row.reached_at is not None and row.reached_id is not None:
        place = tuple_(literal(row.reached_at, CallRecord.started_at.type), literal(row.reached_id))
        rows = rows.where(tuple_(CallRecord.started_at, CallRecord.id) > place)
    return db.session.scalars(
        rows.order_by(CallRecord.started_at, CallRecord.id).limit(_AT_ONCE).with_for_update()
    ).all()


def _count(row: ReRating, calls: Sequence[CallRecord]) -> None:
    prices = PriceLists()
    for call in calls:
        _note(row, call, prices.price(call))


def _post(row: ReRating, calls: Sequence[CallRecord]) -> None:
    hold_balance()
    prices = PriceLists()
    for call in calls:
        price = prices.price(call)
        if _note(row, call, price):
            correct(call, price, row.id)
    announce("calls-changed")


def _note(row: ReRating, call: CallRecord, price: Price) -> bool:
    """Adds the call to the sums where its price is another."""
    before = call.price or ZERO
    if price.amount == before or was_told(call):
        return False
    row.changed += 1
    row.before += before
    row.after += price.amount
    if len(row.examples or []) < _MOST_EXAMPLES:
        row.examples = [*(row.examples or []), [call.api_call_id, exact(before), exact(price.amount)]]
    return True


def _finish(job: RunningJob, number: int, state: ReRatingState) -> None:
    with job.transaction():
        row = db.session.get_one(ReRating, number)
        row.state = state
        if state == ReRatingState.DONE:
            row.applied_at = now()
            audit("money.rerate", f"{row.first_day} - {row.last_day}", after={"difference": exact(row.difference)})


RE_RATING = JobKind(KIND, lambda: _("Correcting charges"), run, Permission.OPERATE)
