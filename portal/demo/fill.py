"""Writing a past into an account: calls, legs, charges and the payments that cover them, in bulk.

The past ends where the account's own begins, and its charges are paid month by month, so that the ledger stays
true: the balance after each posting is the sum of all before it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, func, select

from portal.accounts.models import Account
from portal.billing.charging import tariff_at
from portal.billing.ledger import account_zone
from portal.billing.models import EntryKind, LedgerDay, LedgerEntry, TariffRate
from portal.billing.rating import Price, price_of
from portal.calls.models import CallLeg, CallRecord
from portal.calls.search import search_text
from portal.contacts.models import Contact
from portal.contacts.queries import crm_users
from portal.demo.history import Cast, PastCall, Somebody, moments, past_call
from portal.kernel.bulk import bulk_insert, reserve_ids
from portal.kernel.clock import monotonic, now
from portal.kernel.db import db, transaction, upsert
from portal.kernel.errors import NotFound, Refused
from portal.kernel.money import ZERO
from portal.telephony.control.times import whole_seconds
from portal.telephony.engine import CallKind
from portal.telephony.queries import dids, sip_lines

BATCH = 20_000

_CALL_COLUMNS = (
    "id", "api_call_id", "switch", "kind", "outcome", "caller", "caller_name", "did", "callee", "callee_name",
    "started_at", "answered_at", "ended_at", "caller_leg_seconds", "callee_leg_seconds", "talk_seconds",
    "caller_wait_seconds", "callee_wait_seconds", "has_recording", "price", "version", "search_text",
)  # fmt: skip
_LEG_COLUMNS = (
    "call_id", "number", "address", "label", "side", "reason", "round", "started_at", "rang_at", "answered_at",
    "ended_at", "result", "end",
)  # fmt: skip
_ENTRY_COLUMNS = ("at", "kind", "source", "amount", "balance_after", "text", "rating")


@dataclass(slots=True)
class Purse:
    """The ledger of a past: what was spent since the last payment, by local day."""

    balance: Decimal = ZERO
    days: dict[tuple[Any, EntryKind], list[Any]] = field(default_factory=dict)

    def post(self, at: datetime, day: Any, kind: EntryKind, source: str, amount: Decimal, rating: str | None) -> Any:
        """The row of a posting; keeps the running balance and the day's sum."""
        self.balance += amount
        of_day = self.days.setdefault((day, kind), [ZERO, 0])
        of_day[0] += amount
        of_day[1] += 1
        return (at, kind.value, source, amount, self.balance, "", rating)


def fill_account(app: Flask, account_id: int, count: int, *, say: Callable[[str], None]) -> None:
    """Adds `count` calls before the account's oldest one. Raises `NotFound` for an unknown account, `Refused` for one
    without SIP accounts and public numbers."""
    began = monotonic()
    with app.app_context():
        with transaction(account_id, writes=False):
            people, end = _cast(), _end()
        chance = random.Random(f"{account_id}:{end.isoformat()}")
        calls = (past_call(moment, people, chance) for moment in moments(count, end, chance))
        purse, done = Purse(), 0
        while batch := list(islice(calls, BATCH)):
            with transaction(account_id):
                write_past(batch, purse, is_last=done + len(batch) >= count)
            done += len(batch)
            say(f"{done} of {count} calls, {done / (monotonic() - began):,.0f} a second")


def _cast() -> Cast:
    """Who is there to call: the account's own lines, users and contacts."""
    names = {user.sip_line_id: user.name for user in crm_users()}
    employees = [Somebody(line.name, names.get(line.id)) for line in sip_lines()]
    numbers = [did.number for did in dids()]
    if not employees or not numbers:
        raise Refused("Add an SIP account and a public number to the account first.")
    contacts = [
        Somebody(number.number, contact.name)
        for contact in db.session.scalars(select(Contact).limit(500))
        for number in contact.numbers
    ]
    return Cast(numbers, employees, contacts)


def _end() -> datetime:
    from portal.kernel.tenancy import current_account_id

    if db.session.get(Account, current_account_id()) is None:
        raise NotFound("There is no such account.")
    oldest = [db.session.scalar(select(func.min(CallRecord.started_at))), db.session.scalar(select(func.min(LedgerEntry.at)))]
    return min([moment for moment in oldest if moment is not None], default=now()) - timedelta(minutes=5)


def write_past(calls: Sequence[PastCall], purse: Purse, *, is_last: bool, has_recording: bool = False) -> list[int]:
    """Writes a batch in the present transaction; answers the rows' ids in the order of `calls`."""
    tariff = tariff_at(now())
    rates = tariff.rates if tariff else []
    prices = [_price(call, rates) for call in calls]
    first = reserve_ids(_table(CallRecord), len(calls))
    ids = list(range(first, first + len(calls)))
    bulk_insert(
        _table(CallRecord),
        _CALL_COLUMNS,
        (
            _call_row(i, call, price, has_recording=has_recording and call.talk_seconds > 0)
            for i, call, price in zip(ids, calls, prices, strict=True)
        ),
    )
    bulk_insert(_table(CallLeg), _LEG_COLUMNS, _leg_rows(ids, calls))
    bulk_insert(_table(LedgerEntry), _ENTRY_COLUMNS, list(_entries(calls, prices, purse, is_last=is_last)))
    _add_days(purse)
    return ids


def _table(model: Any) -> Table:
    return cast(Table, model.__table__)


def _price(call: PastCall, rates: Sequence[TariffRate]) -> Price:
    other = call.caller if call.kind is CallKind.INCOMING else call.callee
    number = other.address if other else ""
    return price_of(rates, kind=call.kind, number=number, talk_seconds=call.talk_seconds, at=call.started_at)


def _call_row(row_id: int, call: PastCall, price: Price, *, has_recording: bool) -> tuple[Any, ...]:
    first = call.answered_at or call.ended_at
    a, b = call.legs[0], call.legs[-1]
    has_b = call.callee is not None
    callee = call.callee
    return (
        row_id, call.api_call_id, "main", call.kind.value, call.outcome.value,
        call.caller.address, call.caller.name, call.did,
        callee.address if callee else None, callee.name if callee else None,
        call.started_at, call.answered_at, call.ended_at,
        whole_seconds(a.answered_at, a.ended_at) if a.answered_at else 0,
        call.talk_seconds, call.talk_seconds,
        whole_seconds(a.started_at, a.answered_at or a.ended_at),
        whole_seconds(b.started_at, first) if has_b else None,
        has_recording, price.amount, 1,
        search_text(
            (call.caller.address, callee.address if callee else None),
            (call.caller.name, callee.name if callee else None),
        ),
    )  # fmt: skip


def _leg_rows(ids: Sequence[int], calls: Sequence[PastCall]) -> Iterator[tuple[Any, ...]]:
    for row_id, call in zip(ids, calls, strict=True):
        for number, leg in enumerate(call.legs, 1):
            yield (
                row_id, number, leg.address, leg.label, leg.side.value, leg.reason.value if leg.reason else None,
                1 if leg.reason else 0, leg.started_at, leg.started_at, leg.answered_at, leg.ended_at,
                leg.result.value, leg.end.value,
            )  # fmt: skip


def _entries(
    calls: Sequence[PastCall], prices: Sequence[Price], purse: Purse, *, is_last: bool
) -> Iterator[tuple[Any, ...]]:
    """A charge per paid call; a payment at the end of each month, and at the very end, for all that was spent."""
    import json

    zone = account_zone()
    month = None
    at = calls[0].ended_at
    for call, price in zip(calls, prices, strict=True):
        day = call.ended_at.astimezone(zone).date()
        if month is not None and (day.year, day.month) != month and purse.balance < ZERO:
            yield _payment(purse, at, zone)
        month = (day.year, day.month)
        at = call.ended_at
        if price.amount:
            rating = json.dumps({**(price.rate or {}), "billed_seconds": price.billed_seconds, "included": "0"})
            yield purse.post(at, day, EntryKind.CALL, call.api_call_id, -price.amount, rating)
    if is_last and purse.balance < ZERO:
        yield _payment(purse, at, zone)


def _payment(purse: Purse, at: datetime, zone: Any) -> Any:
    moment = at + timedelta(seconds=1)
    source = f"past-{int(moment.timestamp())}"
    return purse.post(moment, moment.astimezone(zone).date(), EntryKind.PAYMENT, source, -purse.balance, None)


def _add_days(purse: Purse) -> None:
    for (day, kind), (amount, count) in purse.days.items():
        upsert(
            LedgerDay,
            {"day": day, "kind": kind, "amount": amount, "count": count},
            key=["account_id", "day", "kind"],
            change={"amount": LedgerDay.amount + amount, "count": LedgerDay.count + count},
        )
    purse.days.clear()
