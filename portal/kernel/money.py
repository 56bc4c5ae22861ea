"""Money: Decimal in memory, a whole number of 1/10 000 in the column, never a binary float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

SCALE = 10_000
"""One unit of currency in the column. Four decimals: rates per second need more than kopecks."""

CENT = Decimal("0.01")
ZERO = Decimal(0)
LARGEST = Decimal(10) ** 12
"""More than any account holds; far below what a 64-bit column takes."""


def rounded(amount: Decimal) -> Decimal:
    """To whole kopecks (cents), halves away from zero, as a bill is rounded."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def parse_amount(text: str) -> Decimal:
    """An amount as a person writes it: `1 733,98`, `1733.98`. Raises `Refused` for anything else."""
    plain = "".join(text.split()).replace("\N{NO-BREAK SPACE}", "").replace(",", ".")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise Refused(_("Write an amount in figures, for example 1500 or 99.50.")) from None
    if not amount.is_finite() or abs(amount) > LARGEST or amount != amount.quantize(CENT):
        raise Refused(_("Write an amount with at most two decimals."))
    return amount


def exact(amount: Decimal) -> str:
    """The amount as programs read it: exact, at least two places, no exponent: `1.80`, `0.0125`."""
    whole, _point, places = f"{amount:f}".partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"


@lru_cache(maxsize=4096)
def exact_scaled(scaled: int) -> str:
    """`exact` of what stands in the column: prices of calls repeat themselves."""
    return exact(Decimal(scaled) / SCALE)


class MoneyColumn(TypeDecorator[Decimal]):
    """An exact amount with four decimals, kept as a 64-bit whole number in both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"money must be a Decimal, not {type(value).__name__}")
        scaled = value * SCALE
        if scaled != scaled.to_integral_value():
            raise ValueError("money has at most four decimals")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(int(value)) / SCALE
