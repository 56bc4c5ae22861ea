"""Posting: the one way by which money moves. Append-only, each source once, the balance in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, insert, select, update

from portal.accounts.zone import billing_zone
from portal.billing.alerts.crossing import watch_balance
from portal.billing.models import AccountBalance, EntryKind, LedgerDay, LedgerEntry
from portal.kernel.clock import now
from portal.kernel.db import announce, db, upsert
from portal.kernel.inserts import sums
from portal.kernel.money import ZERO
from portal.kernel.prepared import Prepared, given


class Posting(NamedTuple):
    """What moved, and what the month's included amount covered besides."""

    amount: Decimal
    included: Decimal
    balance_after: Decimal


@dataclass(slots=True)
class HeldBalance:
    """The entered account's balance, held until the end of the transaction by who is about to post."""

    id: int
    balance: Decimal
    warn_below: Decimal | None
    is_low: bool


# Built once: each call that ends asks them.
_LOCKED_BALANCE = select(AccountBalance).with_for_update().execution_options(populate_existing=True)
_HOLD = Prepared(
    select(
        AccountBalance.id, AccountBalance.balance, AccountBalance.warn_below, AccountBalance.is_low
    ).with_for_update(),
    HeldBalance,
)
_OF_SOURCE = Prepared(
    select(LedgerEntry.amount, LedgerEntry.included, LedgerEntry.balance_after).where(
        LedgerEntry.kind == bindparam("kind"), LedgerEntry.source == bindparam("source")
    ),
    Posting,
)
_MOVE = Prepared(
    update(AccountBalance).where(AccountBalance.id == bindparam("row")).values(given(("balance", "is_low")))
)
_ENTER = Prepared(
    insert(LedgerEntry).values(
        given(
            ("at", "kind", "source", "amount", "balance_after", "included", "corrects", "text", "rating"),
        )
    )
)
_ADD_TO_DAY = Prepared(
    lambda make: (
        make(LedgerDay)
        .values(given(("day", "kind", "amount", "included", "count")))
        .on_conflict_do_update(
            index_elements=("account_id", "day", "kind"),
            set_=sums(cast("Table", LedgerDay.__table__), ("amount", "included", "count")),
        )
    )
)


def hold_balance() -> HeldBalance:
    """The entered account's balance; other postings to it wait until this transaction has ended."""
    return hold_balance_ahead()()


def hold_balance_ahead() -> Callable[[], HeldBalance]:
    """The same, waited for when it is called; what is asked meanwhile is read after it is held."""
    held = _HOLD.ahead()

    def found() -> HeldBalance:
        rows = held()
        if not rows:
            upsert(AccountBalance, {"balance": ZERO, "is_low": False, "is_short": False}, key=["account_id"])
            rows = _HOLD.all()
        return rows[0]

    return found


def lock_balance() -> AccountBalance:
    """The same as the row itself, for who changes what else it holds."""
    hold_balance()
    return db.session.scalars(_LOCKED_BALANCE).one()


def find_posting(kind: EntryKind, source: str) -> Posting | None:
    """The posting of this source, where it has been made."""
    return _OF_SOURCE.first(kind=kind, source=source)


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
    balance: HeldBalance | None = None,
) -> Posting:
    """Adds `amount` (negative: takes) to the balance. A source that was posted before changes nothing and answers
    with the first posting, however often it comes.

    `balance` is for who has locked it and then not found the source: neither is asked again.
    """
    if balance is None:
        balance = hold_balance()
        if before := find_posting(kind, source):
            return before
    moment = at or now()
    balance.balance += amount
    watch_balance(balance)
    _MOVE.run({"row": balance.id, "balance": balance.balance, "is_low": balance.is_low})
    moved = {"kind": kind, "amount": amount, "included": included}
    words = {"corrects": corrects, "text": text[:300], "rating": rating}
    _ENTER.run({"at": moment, "source": source, "balance_after": balance.balance, **moved, **words})
    _ADD_TO_DAY.run({"day": local_day(moment), "count": 1, **moved})
    announce("balance-changed")
    return Posting(amount, included, balance.balance)


def open_moment(moment: datetime) -> datetime:
    """When something of `moment` is to be posted: then, or now where its month is over. A closed month stays closed."""
    present = now()
    is_open = local_day(moment).replace(day=1) == local_day(present).replace(day=1)
    return min(moment, present) if is_open else present


def local_day(moment: datetime) -> date:
    """The day of a moment in the zone in which the account's money is counted."""
    return moment.astimezone(billing_zone()).date()
