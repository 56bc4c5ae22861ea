"""The phones and numbers of one switch, as rows say: read into memory, so that a call waits for no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.kernel.db import transaction
from portal.telephony.engines.asterisk.names import resource_of
from portal.telephony.models import Did, SipLine


@dataclass(frozen=True, slots=True)
class _Rows:
    owners: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    addresses: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    accounts: Mapping[str, int] = field(default_factory=dict)
    dids: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    clashes: tuple[str, ...] = ()


class LinesOfSwitch:
    """See `engines.asterisk.presence.SwitchLines`; `load` replaces all of it at once.

    Endpoints of an Asterisk are everybody's: one that two accounts claim belongs to who had it first, since the other
    would ring, and call from, a stranger's phone.
    """

    def __init__(self, switch: str) -> None:
        self._switch = switch
        self._rows = _Rows()

    def load(self) -> None:
        """Reads the rows anew."""
        with transaction(everything="phones of an Asterisk", writes=False) as session:
            lines = session.execute(
                select(SipLine.account_id, SipLine.name)
                .where(SipLine.switch == self._switch, ~SipLine.is_disabled)
                .order_by(SipLine.id)
            ).all()
            numbers = session.execute(
                select(Did.account_id, Did.number).where(Did.switch == self._switch, ~Did.is_disabled).order_by(Did.id)
            ).all()
        owners: dict[str, tuple[int, str]] = {}
        addresses: dict[int, tuple[str, ...]] = {}
        clashes = []
        for account_id, name in lines:
            addresses[account_id] = (*addresses.get(account_id, ()), name)
            if owners.setdefault(resource_of(name), (account_id, name))[0] != account_id:
                clashes.append(name)
        dids: dict[int, tuple[str, ...]] = {}
        for account_id, number in numbers:
            dids[account_id] = (*dids.get(account_id, ()), number)
        accounts = {number: account_id for account_id, number in numbers}
        self._rows = _Rows(owners, addresses, accounts, dids, tuple(clashes))

    @property
    def clashes(self) -> tuple[str, ...]:
        """SIP accounts whose endpoint another account has."""
        return self._rows.clashes

    def owner(self, endpoint: str) -> tuple[int, str] | None:
        """See `SwitchLines`, as the others."""
        return self._rows.owners.get(endpoint)

    def endpoint(self, account_id: int, address: str) -> str | None:
        endpoint = resource_of(address)
        return endpoint if self._rows.owners.get(endpoint) == (account_id, address) else None

    def addresses(self, account_id: int) -> tuple[str, ...]:
        return self._rows.addresses.get(account_id, ())

    def account_of_did(self, number: str) -> int | None:
        return self._rows.accounts.get(number)

    def accounts_called(self) -> tuple[int, ...]:
        """The accounts whose public numbers come to this switch."""
        return tuple(self._rows.dids)

    def dids(self, account_id: int) -> tuple[str, ...]:
        return self._rows.dids.get(account_id, ())

    def numbers(self) -> tuple[str, ...]:
        """Every public number of the switch."""
        return tuple(self._rows.accounts)

    def endpoints(self) -> tuple[str, ...]:
        return tuple(self._rows.owners)
