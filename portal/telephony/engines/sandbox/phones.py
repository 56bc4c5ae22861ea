"""The phones of all accounts: which are free, which ring, which talk."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol, TypeAlias

from portal.telephony.addresses import is_sip_account
from portal.telephony.control.events import Event
from portal.telephony.control.legs import CALLER_LEG
from portal.telephony.engine import Presence
from portal.telephony.engines.sandbox.callers import outside_party
from portal.telephony.engines.sandbox.lines import DialledLine, Habit, Line, LineState, PhoneSettings
from portal.telephony.engines.timeline import Timeline

PresenceChanged: TypeAlias = Callable[[int, str, Presence], None]
"""Told the account, the address and the new presence, in the timeline's thread."""

_OFFLINE = PhoneSettings(Habit.OFFLINE)
_BUSY = PhoneSettings(Habit.BUSY)


class Directory(Protocol):
    """Which SIP accounts an account has and how their phones behave. Asked anew for each call."""

    def phones(self, account_id: int) -> Mapping[str, PhoneSettings]:
        """Settings by address (``SIP/00000000672``)."""
        ...


class PhoneBank:
    """Dials phones and numbers. A phone has one line: while it rings or talks it is busy to everybody else.

    Errors of the directory come through to the caller.
    """

    def __init__(self, directory: Directory, timeline: Timeline, chance: Random, changed: PresenceChanged) -> None:
        self._directory = directory
        self._timeline = timeline
        self._chance = chance
        self._presence_changed = changed
        self._in_use: dict[tuple[int, str], DialledLine] = {}

    def presence(self, account_id: int) -> dict[str, Presence]:
        """Every SIP account of the account, by address."""
        phones = self._directory.phones(account_id)
        return {address: self._presence(account_id, address, settings) for address, settings in phones.items()}

    def dial(self, account_id: int, leg: int, address: str, tell: Callable[[Event], None]) -> Line:
        """Ring a phone of the account, or a number outside. An unknown SIP account is offline."""
        if not is_sip_account(address):
            line = DialledLine(leg, outside_party(address), self._timeline, self._chance, tell)
            line.ring()
            return line
        settings = self._directory.phones(account_id).get(address, _OFFLINE)
        if self._is_free(account_id, address, settings):
            line = self._take(account_id, address, leg, settings, tell)
            self._presence_changed(account_id, address, Presence.RINGING)
        else:
            refusal = _OFFLINE if settings.habit is Habit.OFFLINE else _BUSY
            line = DialledLine(leg, refusal, self._timeline, self._chance, tell)
        line.ring()
        return line

    def lift(self, account_id: int, address: str, tell: Callable[[Event], None]) -> Line | None:
        """The phone's own user picks it up to call; None where it is not there or not free."""
        settings = self._directory.phones(account_id).get(address, _OFFLINE)
        if not self._is_free(account_id, address, settings):
            return None
        line = self._take(account_id, address, CALLER_LEG, settings, tell)
        line.lift()
        return line

    def _presence(self, account_id: int, address: str, settings: PhoneSettings) -> Presence:
        line = self._in_use.get((account_id, address))
        if line is not None:
            return Presence.RINGING if line.state is LineState.RINGING else Presence.BUSY
        return {Habit.OFFLINE: Presence.OFFLINE, Habit.BUSY: Presence.BUSY}.get(settings.habit, Presence.ONLINE)

    def _is_free(self, account_id: int, address: str, settings: PhoneSettings) -> bool:
        return self._presence(account_id, address, settings) is Presence.ONLINE

    def _take(
        self, account_id: int, address: str, leg: int, settings: PhoneSettings, tell: Callable[[Event], None]
    ) -> DialledLine:
        key = (account_id, address)

        def changed(line: DialledLine) -> None:
            if line.state is LineState.ENDED:
                self._in_use.pop(key, None)
            self._presence_changed(account_id, address, self._presence(account_id, address, settings))

        line = DialledLine(leg, settings, self._timeline, self._chance, tell, changed)
        self._in_use[key] = line
        return line
