"""Whose call a channel of the dialplan is, whether it may be placed, and whom it rings."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import structlog
from flask import Flask

from portal.accounts.models import Account
from portal.kernel import phone
from portal.kernel.db import transaction
from portal.kernel.errors import PortalError, Refused
from portal.kernel.secrets import Vault
from portal.telephony.addresses import is_outside_number, is_sip_account
from portal.telephony.asterisk_lines import LinesOfSwitch
from portal.telephony.engine import PLANS_AT_ONCE, IncomingCall, OutgoingCall, RoutePlanner
from portal.telephony.engines.asterisk.names import endpoint_of_channel
from portal.telephony.engines.asterisk.presence import PhoneBoard
from portal.telephony.engines.asterisk.world import Channel
from portal.telephony.last_resort import LastResorts
from portal.telephony.orders import timed_call_id
from portal.telephony.plan import RoutePlan
from portal.telephony.services import check_originate

log = structlog.get_logger(__name__)
_MADE_BY_ASTERISK = re.compile(r"(?:.+-)?(?P<second>[0-9]{1,11})\.[0-9]+")
"""The id of a channel, after the name of the system where that has one."""


class Desk:
    """See `engines.asterisk.switch.Reception`. Questions that need the database are asked in threads of its own."""

    def __init__(
        self,
        app: Flask,
        switch: str,
        lines: LinesOfSwitch,
        phones: PhoneBoard,
        planner: RoutePlanner,
        now: Callable[[], datetime],
    ) -> None:
        self._app = app
        self._switch = switch
        self._lines = lines
        self._phones = phones
        self._planner = LastResorts(planner)
        self._now = now
        self._threads = ThreadPoolExecutor(PLANS_AT_ONCE, "planner")

    def call_id_of(self, channel: str) -> str:
        """The call of a channel that the dialplan made: always the same, so that a later life finds it again.

        Asterisk makes a channel's id from the second and a count, and so once.
        """
        vault: Vault = self._app.extensions["portal.vault"]
        digits = vault.lookup_hash(f"arrived\0{self._switch}\0{channel}")
        made = _MADE_BY_ASTERISK.fullmatch(channel)
        return timed_call_id(int(made["second"]), digits) if made else digits[:32]

    def receive(
        self, channel: Channel, at: datetime, done: Callable[[IncomingCall | OutgoingCall | None], None]
    ) -> None:
        """See `Reception`: `incoming,NUMBER` or `outgoing,NUMBER` are what the dialplan says."""
        kind, number = (*channel.stasis, "", "")[:2]
        if kind == "outgoing":
            self._threads.submit(self._receive_dialled, channel, number or channel.exten, at, done)
            return
        did = universal(number or channel.exten)
        account_id = self._lines.account_of_did(did) if kind == "incoming" else None
        if account_id is None:
            log.warning("call_for_nobody", channel=channel.name, arguments=channel.stasis)
            done(None)
            return
        done(IncomingCall(account_id, self.call_id_of(channel.id), universal(channel.caller), did, at))

    def route(self, call: IncomingCall, done: Callable[[RoutePlan], None]) -> None:
        """See `Reception`."""
        self._threads.submit(self._route, call, done)

    def stop(self) -> None:
        """No more answers."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _route(self, call: IncomingCall, done: Callable[[RoutePlan], None]) -> None:
        done(self._planner.plan(call, lambda: self._phones.of_account(call.account_id), self._now()))

    def _receive_dialled(
        self, channel: Channel, number: str, at: datetime, done: Callable[[OutgoingCall | None], None]
    ) -> None:
        try:
            done(self._dialled(channel, number, at))
        except PortalError as error:
            log.info("call_not_allowed", channel=channel.name, reason=error.message)
            done(None)
        except Exception:
            log.exception("call_not_checked", channel=channel.name)
            done(None)

    def _dialled(self, channel: Channel, number: str, at: datetime) -> OutgoingCall | None:
        """What an employee has dialled on the phone. Raises `PortalError` where it may not be."""
        owner = self._lines.owner(endpoint_of_channel(channel.name) or "")
        if owner is None:
            return None
        account_id, caller = owner
        internal = f"SIP/{number}"
        callee = internal if internal in self._lines.addresses(account_id) else universal(number)
        if not (is_sip_account(callee) or is_outside_number(callee)) or callee == caller:
            return None
        with self._app.app_context(), transaction(account_id, writes=False) as session:
            check_originate(session.get_one(Account, account_id), caller, callee)
        did = next(iter(self._lines.dids(account_id)), None)
        return OutgoingCall(account_id, self.call_id_of(channel.id), caller, callee, at, did)


def universal(number: str) -> str:
    """A number as a trunk or a phone gives it, in the universal format; what is none stays as it is, withheld is ""."""
    try:
        return phone.normalise(number)
    except Refused:
        return number if is_outside_number(number) else ""
