"""The zones in which an account counts its days."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import bindparam, select

from portal.accounts.models import Account
from portal.kernel.db import db, once
from portal.kernel.prepared import Prepared
from portal.kernel.tenancy import current_account_id


class _Zones(NamedTuple):
    time_zone: str
    billing_zone: str
    moving_to: str | None


_HELD = Prepared(
    select(Account.time_zone, Account.billing_zone, Account.moving_to)
    .where(Account.id == bindparam("id"))
    .with_for_update(read=True),
    _Zones,
)


def account_zone() -> ZoneInfo:
    """The entered account's time zone. In a transaction that writes it stays that until its end."""
    return ZoneInfo(_account().time_zone)


def billing_zone() -> ZoneInfo:
    """In which its money is counted by day and month. The zone it was opened with, for good: closed months stay."""
    return ZoneInfo(_account().billing_zone)


def is_moving() -> bool:
    """Whether the entered account is about to get another zone: `calls.log.recount` counts its days for it."""
    return _account().moving_to is not None


def ask_zones_ahead() -> None:
    """They are wanted soon, by a transaction that writes: they come with what is asked next."""
    once("question for the zones", _asked)


def _account() -> Account | _Zones:
    if g.get("writes"):
        return once("zones of the account", _held)
    return db.session.get_one(Account, current_account_id())


def _held() -> _Zones:
    """Kept from those who change them until the end of the transaction."""
    found = once("question for the zones", _asked)()
    if not found:
        raise LookupError(current_account_id())
    return found[0]


def _asked() -> Callable[[], list[_Zones]]:
    return _HELD.ahead(id=current_account_id())
