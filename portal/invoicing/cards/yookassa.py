"""YooKassa's API, version 3: two requests of it, through the house's own door.

Its promises that this relies on: requests are signed by shop id and secret (HTTP Basic); `Idempotence-Key` makes a
repeated POST answer with the first one's payment (for 24 hours); amounts are text with two decimals; 202 and 5xx mean
that the result is not known and the same request may be sent again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import structlog

from portal.invoicing.cards.gateway import Told, Wish
from portal.kernel.errors import NotFound, Refused, Unavailable
from portal.kernel.http import Door, Exchange, Failed, Request
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO

log = structlog.get_logger(__name__)

CURRENCY = "RUB"
_SECONDS = 8.0
_LONGEST_DESCRIPTION = 128
_TRIES = 2


class YooKassa:
    """One shop."""

    def __init__(self, door: Door, root: str, shop_id: str, secret: str) -> None:
        self._door = door
        self._root = root.rstrip("/")
        self._sign = base64.b64encode(f"{shop_id}:{secret}".encode()).decode()

    def create(self, wish: Wish) -> Told:
        """See `Gateway`. Tried twice with the same key: nothing is paid twice by that."""
        body: dict[str, Any] = {
            "amount": {"value": f"{wish.amount:.2f}", "currency": CURRENCY},
            "capture": True,
            "confirmation": {"type": "redirect", "return_url": wish.return_url},
            "description": wish.description[:_LONGEST_DESCRIPTION],
            "metadata": {"reference": wish.reference},
        }
        if wish.receipt is not None:
            body["receipt"] = wish.receipt
        headers = {"Idempotence-Key": wish.reference, "Content-Type": "application/json"}
        for left in reversed(range(_TRIES)):
            try:
                return self._told(self._ask("POST", "/payments", headers, json.dumps(body).encode()))
            except Unavailable:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def find(self, provider_id: str) -> Told:
        """See `Gateway`."""
        return self._told(self._ask("GET", f"/payments/{provider_id}", {}, None))

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Exchange:
        signed = {**headers, "Authorization": f"Basic {self._sign}", "Accept": "application/json"}
        request = Request(method, self._root + path, signed, body, can_repeat=True)
        try:
            exchange = self._door.send(request, deadline_seconds=_SECONDS)
        except Failed as failure:
            log.warning("card_service_silent", method=method, failure=failure.kind.value)
            raise Unavailable(_silence(), timed_out=True) from None
        if exchange.status == 200:
            return exchange
        log.warning("card_service_refused", method=method, status=exchange.status, code=_code(exchange))
        if exchange.status == 404:
            raise NotFound
        if 400 <= exchange.status < 500 and exchange.status != 429:
            raise Refused(_("The payment service refused the payment. Tell support, or pay by bank transfer."))
        raise Unavailable(_silence())

    def _told(self, exchange: Exchange) -> Told:
        try:
            return read_payment(json.loads(exchange.body))
        except (ValueError, KeyError, TypeError, InvalidOperation):
            log.warning("card_service_unreadable", status=exchange.status)
            raise Unavailable(_silence()) from None


def _silence() -> str:
    return _("The payment service does not answer. Try again in a minute.")


def read_payment(said: Mapping[str, Any]) -> Told:
    """A payment object of the API. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    refunded = said.get("refunded_amount")
    return Told(
        provider_id=_word(said["id"]),
        reference=str((said.get("metadata") or {}).get("reference", "")),
        status=_word(said["status"]),
        amount=_amount(said["amount"]),
        refunded=_amount(refunded) if refunded else ZERO,
        confirmation_url=(said.get("confirmation") or {}).get("confirmation_url"),
        reason=str((said.get("cancellation_details") or {}).get("reason", ""))[:64],
        receipt_state=str(said.get("receipt_registration") or "")[:16],
    )


def _amount(said: Mapping[str, Any]) -> Decimal:
    if said["currency"] != CURRENCY or not isinstance(said["value"], str):
        raise ValueError("an amount in another currency, or in no exact form")
    amount = Decimal(said["value"])
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("no amount of whole kopecks")
    return amount


def _word(said: Any) -> str:
    if not isinstance(said, str) or not 0 < len(said) <= 64:
        raise ValueError("no word")
    return said


def _code(exchange: Exchange) -> str:
    """The API's own word for what is wrong: never a text of the outside in our log."""
    try:
        code = json.loads(exchange.body)["code"]
    except (ValueError, KeyError, TypeError):
        return "?"
    return code if isinstance(code, str) and code.replace("_", "").isalnum() and len(code) <= 40 else "?"
