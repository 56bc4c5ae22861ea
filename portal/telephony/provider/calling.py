"""Ordering a call at the provider, in the name of one order, and saying what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask

from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.http import ServiceTrouble, Trouble
from portal.kernel.phone import is_sip
from portal.telephony.engine import CallKind
from portal.telephony.engines.provider.client import Client
from portal.telephony.engines.provider.facts import CallFacts, Weight
from portal.telephony.models import OrderRefusal, OrderState
from portal.telephony.orders import Order, settle
from portal.telephony.provider import state
from portal.telephony.provider.duties import Duties
from portal.telephony.provider.knowing import note_ordered
from portal.telephony.provider.services import access_of, provider_link

log = structlog.get_logger(__name__)

_REFUSALS = {
    Trouble.NOT_YET: OrderRefusal.PHONE_OFFLINE,
    Trouble.FORBIDDEN: OrderRefusal.FORBIDDEN,
    Trouble.NOT_FOUND: OrderRefusal.NOT_KNOWN,
    Trouble.REFUSED: OrderRefusal.NOT_KNOWN,
    Trouble.SILENT: OrderRefusal.SILENT,
}
"""What the provider's word means for whoever ordered; anything else: it cannot be reached."""


@dataclass(frozen=True, slots=True)
class Calling:
    """Carries out the orders of all accounts."""

    app: Flask

    def refusal(self, account_id: int) -> OrderRefusal | None:
        """Why nothing can be ordered now: no provider, or one that rests after failing again and again."""
        with transaction(account_id, writes=False):
            link = provider_link()
            if link is None or not link.is_on:
                return OrderRefusal.AWAY
            is_away = state.is_resting(link, now()) and link.failures >= state.FAILURES_TO_REFUSE
        return OrderRefusal.AWAY if is_away else None

    def carry_out(self, order: Order, duties: Duties) -> None:
        """Asks the provider, then answers the order. In a thread that may wait."""
        try:
            # What is told meanwhile of this call waits until it is known to be ours.
            with duties.writing:
                facts = self._ask(order)
                with transaction(order.account_id):
                    known_as = note_ordered(facts, order.api_call_id)
                duties.take_in(facts)
        except ServiceTrouble as failure:
            log.warning("order_refused", account=order.account_id, reason=str(failure))
            settle(order, OrderState.REFUSED, _REFUSALS.get(failure.trouble, OrderRefusal.AWAY))
            if failure.trouble not in _REFUSALS:
                with transaction(order.account_id):
                    state.note_failure(failure)
        except Exception:
            log.exception("order_broken", account=order.account_id)
            settle(order, OrderState.REFUSED, OrderRefusal.SILENT)
        else:
            settle(order, OrderState.TAKEN, known_as=None if known_as == order.api_call_id else known_as)

    def _ask(self, order: Order) -> CallFacts:
        with transaction(order.account_id, writes=False):
            link = provider_link()
            if link is None:
                raise ServiceTrouble(Trouble.ADDRESS, "no link")
            access = access_of(self.app.extensions["portal.vault"], link)
        caller, callee = order.arguments["caller"], order.arguments["callee"]
        upstream_id = Client(self.app.extensions["portal.http"], access).order(caller, callee, order.api_call_id)
        return CallFacts(
            upstream_id=upstream_id,
            weight=Weight.START_NOTICE,
            kind=CallKind.INTERNAL if is_sip(callee) else CallKind.OUTGOING,
            caller=caller,
            did=None,
            callee=callee,
            started_at=now(),
        )
