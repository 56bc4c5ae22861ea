"""What other rooms' events cost: subscribed in the composition root, run in their transactions."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from portal.accounts.events import AccountOpened
from portal.billing.included import included_left, take_included
from portal.billing.ledger import find_posting, hold_balance, hold_balance_ahead, local_day, open_moment, post
from portal.billing.models import AccountBalance, AccountPlan, EntryKind
from portal.billing.plans import Standing, Version, default_tariff, find_rate, standing_on, version_on
from portal.billing.rating import FREE, Price, price_of
from portal.calls.events import CallEnding
from portal.calls.models import CallRecord
from portal.kernel.clock import now
from portal.kernel.db import db, once
from portal.kernel.errors import Forbidden
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO
from portal.telephony.engine import CallKind
from portal.telephony.events import CallOrdered


def on_account_opened(_event: AccountOpened) -> None:
    """Every account has a balance and, where the operator has made one for all, a tariff."""
    hold_balance()
    tariff = default_tariff()
    if tariff is not None:
        db.session.add(AccountPlan(tariff_id=tariff.id, valid_from=local_day(now())))


def on_call_ending(event: CallEnding) -> None:
    """Sets the call's price, unless a provider has told it, and takes it from the balance, once per call."""
    call = event.call
    # Before anything is read: of two that are told of the same call one waits here, and then finds it posted.
    held = once("balance, held ahead", hold_balance_ahead)
    before = find_posting(EntryKind.CALL, call.api_call_id)
    if before is not None:
        call.price = before.included - before.amount
        return
    day = local_day(call.started_at)
    standing = once(("standing", day), lambda: standing_on(day)) if call.talk_seconds else None
    price = _price(call, standing) if call.price is None else Price(call.price, call.talk_seconds or 0, None)
    call.price = price.amount
    if price.amount == ZERO:
        return
    covered = take_included(day.replace(day=1), price.amount, standing)
    post(
        EntryKind.CALL,
        call.api_call_id,
        covered - price.amount,
        included=covered,
        rating={**(price.rate or {}), "billed_seconds": price.billed_seconds},
        at=open_moment(call.ended_at or call.started_at),
        balance=once("held balance", held),
    )


def on_call_ordered(event: CallOrdered) -> None:
    """Refuses a paid call for which there is no money. Calls between SIP accounts cost nothing."""
    if event.kind is not CallKind.OUTGOING or _spendable() > ZERO:
        return
    version = version_on(local_day(now()))
    rate = find_rate(version, event.kind, event.callee) if version else None
    if rate is not None and rate.price > ZERO:
        raise Forbidden(_("There is no money on the account for an outgoing call. Top up the balance."))


def _price(call: CallRecord, standing: Standing | None) -> Price:
    if not call.talk_seconds or standing is None:
        return FREE
    rate = find_rate(standing.version, call.kind, priced_number(call))
    return described(price_of(rate, call.talk_seconds), standing.version)


def described(price: Price, version: Version) -> Price:
    """With the tariff that made it, kept with the charge for ever."""
    if price.rate is not None:
        price.rate.update(tariff=version.tariff_name, version=version.id, valid_from=version.valid_from.isoformat())
    return price


def priced_number(call: CallRecord) -> str:
    """The number by which a call is priced: whoever is outside."""
    return call.caller if call.kind == CallKind.INCOMING else call.callee or ""


def _spendable() -> Decimal:
    """The balance, and what the month still includes."""
    balance = db.session.scalar(select(AccountBalance))
    return max(balance.balance if balance else ZERO, ZERO) + included_left(local_day(now()).replace(day=1))
