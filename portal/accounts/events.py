"""What happened to an account, for the rooms above."""

from __future__ import annotations

from dataclasses import dataclass

from portal.accounts.models import Account


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """A new account exists and has been entered: each room adds what every account has."""

    account: Account
