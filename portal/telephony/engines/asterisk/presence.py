"""What the phones are doing, by their device states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from portal.telephony.engine import Presence
from portal.telephony.engines.asterisk.names import TECHNOLOGY

PresenceChanged: TypeAlias = Callable[[int, str, Presence], None]
"""Told the account, the address and the new presence, in the timeline's thread."""

_STATES = {
    "NOT_INUSE": Presence.ONLINE,
    "INUSE": Presence.BUSY,
    "BUSY": Presence.BUSY,
    "ONHOLD": Presence.BUSY,
    "RINGINUSE": Presence.BUSY,
    "RINGING": Presence.RINGING,
}


class SwitchLines(Protocol):
    """Whose phones and numbers a switch has. Read by several threads."""

    def owner(self, endpoint: str, /) -> tuple[int, str] | None:
        """The account and the address of an endpoint, or None where nobody has it."""
        ...

    def endpoint(self, account_id: int, address: str, /) -> str | None:
        """The endpoint of an account's SIP account, or None where it has none on this switch."""
        ...

    def addresses(self, account_id: int, /) -> tuple[str, ...]:
        """The account's SIP accounts on this switch."""
        ...

    def account_of_did(self, number: str, /) -> int | None:
        """Whose public number this is, where its calls come to this switch."""
        ...

    def dids(self, account_id: int, /) -> tuple[str, ...]:
        """The account's public numbers; the first is shown to who is called."""
        ...

    def endpoints(self) -> tuple[str, ...]:
        """Every endpoint that somebody has."""
        ...


class PhoneBoard:
    """The presence of every endpoint; what is not known is offline. Written in the timeline's thread."""

    def __init__(self, lines: SwitchLines, changed: PresenceChanged) -> None:
        self._lines = lines
        self._changed = changed
        self._seen: dict[str, Presence] = {}
        self._told: dict[str, tuple[int, str, Presence]] = {}

    def of_account(self, account_id: int) -> dict[str, Presence]:
        """Every SIP account of the account, by address. From any thread."""
        return {
            address: self._seen.get(self._lines.endpoint(account_id, address) or "", Presence.OFFLINE)
            for address in self._lines.addresses(account_id)
        }

    def hear_device(self, device: str, state: str) -> None:
        """A device state has changed."""
        technology, _, endpoint = device.partition("/")
        if technology == TECHNOLOGY:
            self._see(endpoint, _STATES.get(state, Presence.OFFLINE))

    def renew(self, presence: Mapping[str, Presence]) -> None:
        """All endpoints as they are now; those that are not named are gone."""
        for endpoint in {*self._seen, *self._lines.endpoints()}:
            self._see(endpoint, presence.get(endpoint, Presence.OFFLINE))

    def _see(self, endpoint: str, presence: Presence) -> None:
        self._seen[endpoint] = presence
        owner = self._lines.owner(endpoint)
        if owner is not None and self._told.get(endpoint) != (*owner, presence):
            self._told[endpoint] = (*owner, presence)
            self._changed(*owner, presence)
