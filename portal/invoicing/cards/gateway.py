"""What a payment service is to us: it makes payments and tells how they stand. Its answer alone moves money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from portal.kernel.money import ZERO


@dataclass(frozen=True, slots=True)
class Wish:
    """A payment to be made."""

    reference: str
    amount: Decimal
    description: str
    return_url: str
    receipt: Mapping[str, Any] | None = None
    """What the service's cash register is to print, in its own words; None where it prints nothing."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the service says of a payment, now. `status` is its own word."""

    provider_id: str
    reference: str
    status: str
    amount: Decimal
    refunded: Decimal = ZERO
    confirmation_url: str | None = None
    reason: str = ""
    receipt_state: str = ""
    """Its own word for how far the receipt is."""


class Gateway(Protocol):
    """A payment service. Both raise `Unavailable` where it does not answer, or answers what nobody understands."""

    def create(self, wish: Wish) -> Told:
        """Makes the payment, or finds it: the same reference makes one. Raises `Refused` where it will not."""

    def find(self, provider_id: str) -> Told:
        """How a payment stands. Raises `NotFound`."""
