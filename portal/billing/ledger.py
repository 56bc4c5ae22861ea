"""Posting: the one way by which money moves. Append-only, each source once, the balance in the same transaction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select

from portal.accounts.zone import billing_zone
from portal.billing.alerts.crossing import watch_balance
from portal.billing.models import AccountBalance, EntryKind, LedgerDay, LedgerEntry
from portal.kernel.clock import now
from portal.kernel.db import announce, db, upsert
from portal.kernel.money import ZERO

# Built once: each call that ends asks them.
_LOCKED_BALANCE = select(AccountBalance).with_for_update().execution_options(populate_existing=True)
_OF_SOURCE = select(LedgerEntry).where(LedgerEntry.kind == bindparam("kind"), LedgerEntry.source == bindparam("source"))


def lock_balance() -> AccountBalance:
    """The entered account's balance; other postings to it wait until this transaction has ended."""
    found = db.session.scalars(_LOCKED_BALANCE).one_or_none()
    if found is not None:
        return found
    upsert(AccountBalance, {"balance": ZERO, "is_low": False, "is_short": False}, key=["account_id"])
    return db.session.scalars(_LOCKED_BALANCE).one()


def find_entry(kind: EntryKind, source: str) -> LedgerEntry | None:
    """The posting of this source, where it has been made."""
    return db.session.scalar(_OF_SOURCE, {"kind": kind, "source": source})


def post(
    kind: EntryKind,
    source: str,
    amount: Decimal,
    *,
    text: str = "",
    rating: dict[str, Any] | None = None,
    included: Decimal = ZERO,
    corrects: str | None = None,
    at: datetime | None = None,
    balance: AccountBalance | None = None,
) -> LedgerEntry:
    """Adds `amount` (negative: takes) to the balance. A source that was posted before changes nothing and answers
    with the first posting, however often it comes.

    `balance` is for who has locked it and then not found the source: neither is asked again.
    """
    if balance is None:
        balance = lock_balance()
        if before := find_entry(kind, source):
            return before
    balance.balance += amount
    entry = LedgerEntry(
        at=at or now(),
        kind=kind,
        source=source,
        amount=amount,
        balance_after=balance.balance,
        included=included,
        corrects=corrects,
        text=text[:300],
        rating=rating,
    )
    db.session.add(entry)
    # Written now: what the database refuses of it must not be found out by somebody else's question.
    db.session.flush()
    _add_to_day(entry)
    watch_balance(balance)
    announce("balance-changed")
    return entry


def _add_to_day(entry: LedgerEntry) -> None:
    upsert(
        LedgerDay,
        {
            "day": local_day(entry.at),
            "kind": entry.kind,
            "amount": entry.amount,
            "included": entry.included,
            "count": 1,
        },
        key=["account_id", "day", "kind"],
        adds=("amount", "included", "count"),
    )


def open_moment(moment: datetime) -> datetime:
    """When something of `moment` is to be posted: then, or now where its month is over. A closed month stays closed."""
    present = now()
    is_open = local_day(moment).replace(day=1) == local_day(present).replace(day=1)
    return min(moment, present) if is_open else present


def local_day(moment: datetime) -> date:
    """The day of a moment in the zone in which the account's money is counted."""
    return moment.astimezone(billing_zone()).date()
