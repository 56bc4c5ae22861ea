"""What a payment service is to us: it makes payments and tells how they stand. Its answer alone moves money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from portal.kernel.money import ZERO


@dataclass(frozen=True, slots=True)
class Wish:
    """A payment to be made."""

    reference: str
    amount: Decimal
    description: str
    return_url: str


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


class Gateway(Protocol):
    """A payment service. Both raise `Unavailable` where it does not answer, or answers what nobody understands."""

    def create(self, wish: Wish) -> Told:
        """Makes the payment, or finds it: the same reference makes one. Raises `Refused` where it will not."""

    def find(self, provider_id: str) -> Told:
        """How a payment stands. Raises `NotFound`."""
