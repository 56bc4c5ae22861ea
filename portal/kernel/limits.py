"""What a person may choose: one of a list, a whole number between two bounds; else refused at its field."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

Choice = TypeVar("Choice", bound=StrEnum)


def one_of(kind: type[Choice], word: str, field: str) -> Choice:
    """The member that this word names. Raises `Refused` at `field`."""
    try:
        return kind(word)
    except ValueError:
        raise Refused(_("Choose one of the list."), field) from None


def within(limits: tuple[int, int], value: int, field: str) -> int:
    """The same number. Raises `Refused` at `field` where it is outside the limits."""
    low, high = limits
    if not low <= value <= high:
        raise Refused(_("Give a whole number from %(low)s to %(high)s.", low=low, high=high), field)
    return value
