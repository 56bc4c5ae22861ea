"""What happened to an account, for the rooms above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.accounts.models import Account


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """A new account exists and has been entered: each room adds what every account has."""

    account: Account


@dataclass(frozen=True, slots=True)
class ZoneChanged:
    """The entered account counts its days in another zone from now on; `wait` is called between parts of a long
    recount, and may end it by an exception.
    """

    wait: Callable[[], None]
