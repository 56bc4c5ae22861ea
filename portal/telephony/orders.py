"""The life of an order: written by any process, taken once by the engine of its switch, answered or expired.

Whoever orders waits for the answer by its bell; the state is read again from time to time, since bells can be lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from flask import current_app
from sqlalchemy import select, update

from portal.kernel.bells import Bells, Listener
from portal.kernel.clock import monotonic, now
from portal.kernel.db import db, ring, transaction, upsert
from portal.kernel.errors import Conflict, Forbidden, NotFound, Unavailable
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault
from portal.telephony.errors import PhoneOffline
from portal.telephony.models import OrderKind, OrderRefusal, OrderState, SwitchOrder

SWITCH_TOPIC = "switch"
"""The bell that wakes engines: an order was given."""
PATIENCE_SECONDS = 5.0
"""How long whoever orders waits for the switch to take it up."""
ASKING_SECONDS = 5.0
"""How much longer, where the switch took it up and asks a provider."""
TOO_OLD = timedelta(seconds=10)
"""An order that nobody waits for any more is not carried out."""
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the engine gets it."""

    id: int
    account_id: int
    kind: OrderKind
    api_call_id: str
    arguments: Mapping[str, Any]
    created_at: datetime

    @property
    def is_too_old(self) -> bool:
        """Whether nobody can be waiting for it any more."""
        return now() - self.created_at > TOO_OLD


def new_call_id() -> str:
    """A call's id: 32 lower-case hexadecimal digits, by chance but for the moment that they begin with."""
    return timed_call_id(now().timestamp(), secrets.token_hex(16))


def timed_call_id(seconds: float, digits: str) -> str:
    """An id of a call of this moment: its milliseconds since 1970, as a UUID of version 7 (RFC 9562) begins, then the
    first of these digits. So the calls of a day lie side by side in the indexes that know their ids; by chance alone
    each would be on pages of its own, which have to be read first.
    """
    return f"{int(seconds * 1000):012x}{digits}"[:32]


def repeatable_call_id(account_id: int, request_id: str) -> str:
    """The same id for the same request of the same account; nobody without the installation's secret can guess it."""
    vault: Vault = current_app.extensions["portal.vault"]
    return vault.lookup_hash(f"originate\0{account_id}\0{request_id}")[:32]


def give(kind: OrderKind, api_call_id: str, arguments: dict[str, Any], switch: str) -> bool:
    """Writes an order for this switch, in the present transaction, and wakes its engine.

    The same order again is not written twice; one that was refused or had expired is given again. Answers whether
    there is anything left to do for the switch. Raises `Conflict` for other arguments under the same id.
    """
    fresh = {"state": OrderState.NEW, "refusal": None, "known_as": None, "taken_at": None, "created_at": now()}
    values = {"switch": switch, "kind": kind, "api_call_id": api_call_id, "arguments": arguments, **fresh}
    ring(SWITCH_TOPIC)
    if upsert(SwitchOrder, values, key=["account_id", "kind", "api_call_id"]):
        return True
    order = db.session.scalars(_named(kind, api_call_id).with_for_update()).one()
    if order.arguments != arguments:
        raise Conflict(_("This request_id has been used for another call."))
    if order.state not in (OrderState.REFUSED, OrderState.EXPIRED):
        return False
    for name, value in fresh.items():
        setattr(order, name, value)
    return True


@contextmanager
def answer_bell(api_call_id: str) -> Iterator[AnswerBell]:
    """A bell that rings when the switch has answered: hung up before the order is committed, so as not to miss it."""
    bells: Bells = current_app.extensions["portal.bells"]
    listener = bells.listen()
    try:
        yield AnswerBell(listener, api_call_id)
    finally:
        listener.close()


class AnswerBell:
    """Waits for the switch's answer to one order."""

    def __init__(self, listener: Listener, api_call_id: str) -> None:
        self._listener = listener
        self._api_call_id = api_call_id

    def wait(self, account_id: int, kind: OrderKind) -> str:
        """Returns when the switch took the order; answers the id of its call.

        Raises `Unavailable`, `PhoneOffline` or `NotFound` where it refused, and `Unavailable(timed_out=True)` after
        five seconds: the order will not be carried out later then.
        """
        deadline = monotonic() + PATIENCE_SECONDS
        while True:
            state, refusal, known_as = _state(account_id, kind, self._api_call_id)
            if state == OrderState.TAKEN:
                return known_as or self._api_call_id
            if state == OrderState.REFUSED:
                _raise(refusal)
            late = monotonic() - deadline
            if state == OrderState.EXPIRED or (late >= 0 and self._give_up(account_id, kind)):
                raise Unavailable(_("The switch did not answer in time. Nothing was done."), timed_out=True)
            if late >= ASKING_SECONDS:
                _raise(OrderRefusal.SILENT)
            self._sleep(_POLL_SECONDS if late >= 0 else min(_POLL_SECONDS, -late))

    def _sleep(self, seconds: float) -> None:
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            if order_topic(self._api_call_id) in self._listener.wait(left):
                return

    def _give_up(self, account_id: int, kind: OrderKind) -> bool:
        """False where the switch answered in the last moment."""
        with transaction(account_id) as session:
            order = session.scalars(_named(kind, self._api_call_id)).one()
            return _settle(order.id, OrderState.EXPIRED, None, before=(OrderState.NEW,))


def order_topic(api_call_id: str) -> str:
    """The bell of an order's answer."""
    return f"order:{api_call_id}"


def new_orders(switch: str) -> list[Order]:
    """What this switch is asked to do, oldest first. For its engine."""
    with transaction(everything="job dispatch", writes=False) as session:
        rows = session.scalars(
            select(SwitchOrder)
            .where(SwitchOrder.state == OrderState.NEW, SwitchOrder.switch == switch)
            .order_by(SwitchOrder.id)
            .limit(100)
        )
        return [
            Order(row.id, row.account_id, OrderKind(row.kind), row.api_call_id, row.arguments, row.created_at)
            for row in rows
        ]


def settle(
    order: Order, state: OrderState, refusal: OrderRefusal | None = None, *, known_as: str | None = None
) -> bool:
    """Answers an order, for the engine; False where it is no longer to be carried out."""
    with transaction(order.account_id):
        ring(order_topic(order.api_call_id))
        return _settle(order.id, state, refusal, before=(OrderState.NEW, OrderState.ASKING), known_as=known_as)


def expire_asked(switch: str) -> None:
    """An earlier life of the switch's engine died while it asked: whoever orders again may ask again."""
    with transaction(everything="job dispatch") as session:
        session.execute(
            update(SwitchOrder)
            .where(SwitchOrder.switch == switch, SwitchOrder.state == OrderState.ASKING)
            .values(state=OrderState.EXPIRED)
            .execution_options(synchronize_session=False)
        )


def _settle(
    order_id: int,
    state: OrderState,
    refusal: OrderRefusal | None,
    *,
    before: tuple[OrderState, ...],
    known_as: str | None = None,
) -> bool:
    result = db.session.execute(
        update(SwitchOrder)
        .where(SwitchOrder.id == order_id, SwitchOrder.state.in_(before))
        .values(state=state, refusal=refusal, known_as=known_as, taken_at=now())
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def _named(kind: OrderKind, api_call_id: str) -> Any:
    return select(SwitchOrder).where(SwitchOrder.kind == kind, SwitchOrder.api_call_id == api_call_id)


def _state(account_id: int, kind: OrderKind, api_call_id: str) -> tuple[str, str | None, str | None]:
    with transaction(account_id, writes=False) as session:
        order = session.scalars(_named(kind, api_call_id)).one()
        return order.state, order.refusal, order.known_as


def _raise(refusal: str | None) -> NoReturn:
    match refusal:
        case OrderRefusal.NO_SUCH_CALL:
            raise NotFound(_("This call is not going on any more."))
        case OrderRefusal.PHONE_OFFLINE:
            raise PhoneOffline(_("The phone that should ring first is not connected. Nothing was done."))
        case OrderRefusal.AWAY:
            raise Unavailable(_("The switch cannot be reached at the moment. Nothing was done."))
        case OrderRefusal.SILENT:
            unknown = _("The provider did not answer in time: whether it places the call is not known.")
            raise Unavailable(unknown, timed_out=True)
        case OrderRefusal.FORBIDDEN:
            raise Forbidden(_("The provider does not allow this call: the account there is blocked or has no money."))
        case OrderRefusal.NOT_KNOWN:
            raise NotFound(_("The provider knows no such SIP account or number. Nothing was done."))
        case _:
            raise Unavailable(_("The switch cannot do this."))
