"""What other rooms' events cost: subscribed in the composition root, run in their transactions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.accounts.events import AccountOpened
from portal.billing.ledger import account_zone, find_entry, lock_balance, post
from portal.billing.models import AccountBalance, AccountPlan, EntryKind, Tariff
from portal.billing.rating import Price, price_of
from portal.calls.events import CallFinished
from portal.calls.models import CallRecord
from portal.kernel.db import db
from portal.kernel.errors import Forbidden
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind
from portal.telephony.events import CallOrdered


def on_account_opened(_event: AccountOpened) -> None:
    """Every account has a balance and, where the operator has made one, the first tariff."""
    lock_balance()
    tariff = db.session.scalar(select(Tariff).order_by(Tariff.id).limit(1))
    if tariff is not None:
        db.session.add(AccountPlan(tariff_id=tariff.id))


def on_call_finished(event: CallFinished) -> None:
    """Sets the call's price and takes it from the balance, once per call."""
    call = event.call
    # The call is written once, with its price.
    with db.session.no_autoflush:
        tariff = tariff_at(call.started_at)
    price = _price(call, tariff)
    call.price = price.amount
    if price.amount == ZERO or find_entry(EntryKind.CALL, call.api_call_id) is not None:
        return
    covered = _take_included(lock_balance(), tariff.included if tariff else ZERO, price.amount, call.started_at)
    rating = {**(price.rate or {}), "billed_seconds": price.billed_seconds, "included": str(covered)}
    post(EntryKind.CALL, call.api_call_id, covered - price.amount, rating=rating, at=call.ended_at)


def on_call_ordered(event: CallOrdered) -> None:
    """Refuses a paid call for which there is no money. Calls between SIP accounts cost nothing."""
    if event.kind is CallKind.OUTGOING and _spendable() <= ZERO:
        raise Forbidden(_("There is no money on the account for an outgoing call. Top up the balance."))


def tariff_at(moment: datetime) -> Tariff | None:
    """The tariff that the account had at a moment, with its rates."""
    return db.session.scalar(
        select(Tariff)
        .join(AccountPlan, AccountPlan.tariff_id == Tariff.id)
        .where(AccountPlan.valid_from <= moment)
        .order_by(AccountPlan.valid_from.desc())
        .limit(1)
        .options(selectinload(Tariff.rates))
    )


def _price(call: CallRecord, tariff: Tariff | None) -> Price:
    if tariff is None:
        return Price(ZERO, 0, None)
    other = call.caller if call.kind == CallKind.INCOMING else call.callee or ""
    return price_of(tariff.rates, kind=call.kind, number=other, talk_seconds=call.talk_seconds or 0, at=call.started_at)


def _take_included(balance: AccountBalance, included: Decimal, amount: Decimal, at: datetime) -> Decimal:
    """How much of `amount` the month's included sum still covers; that much is used up."""
    month = f"{at.astimezone(account_zone()):%Y-%m}"
    if balance.included_month != month:
        balance.included_month, balance.included_used = month, ZERO
    covered = max(ZERO, min(amount, included - balance.included_used))
    balance.included_used += covered
    return covered


def _spendable() -> Decimal:
    balance = db.session.scalar(select(AccountBalance))
    return balance.balance if balance else ZERO
