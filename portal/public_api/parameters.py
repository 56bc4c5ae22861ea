"""The query string of a request, read strictly: a refusal says which parameter is wrong and why.

A parameter that is given twice is refused: one server takes the first, another the last. An empty one counts as not
given; names that are not known are left alone, as clients add some of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from werkzeug.datastructures import MultiDict

from portal.kernel import phone
from portal.kernel.clock import from_unix
from portal.kernel.errors import Refused
from portal.public_api.wire import SERVICE_NAMES
from portal.telephony.addresses import is_outside_number

_LATEST = 4_102_444_800  # the year 2100
_DIGITS = frozenset("0123456789")
_HEXADECIMAL = _DIGITS | frozenset("abcdef")
_NOT_UTF_8 = "\N{REPLACEMENT CHARACTER}"


class Parameters:
    """What was asked for. Every reader answers None where the parameter is not given, and raises `Refused`."""

    def __init__(self, given: MultiDict[str, str]) -> None:
        self._given = given

    def text(self, name: str) -> str | None:
        """The value as it was sent, without space around it."""
        values = self._given.getlist(name)
        if len(values) > 1:
            raise Refused(f"{name} is given more than once.", name)
        value = values[0].strip() if values else ""
        if _NOT_UTF_8 in value:
            raise Refused(f"{name} is not text in UTF-8.", name)
        return value or None

    def address(self, name: str) -> str | None:
        """An SIP account, or a number in the universal format however it was written."""
        value = self.text(name)
        return None if value is None else _address(name, value)

    def call_id(self, name: str) -> str | None:
        """32 hexadecimal digits."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) != 32 or not _HEXADECIMAL.issuperset(value.lower()):
            raise Refused(f"{name} must have 32 hexadecimal digits.", name)
        return value.lower()

    def kind(self, name: str) -> str | None:
        """A `CallKind` by its name on the wire."""
        value = self.text(name)
        if value is None:
            return None
        for kind, word in SERVICE_NAMES.items():
            if word == value:
                return kind
        raise Refused(f"{name} must be one of: {', '.join(SERVICE_NAMES.values())}.", name)

    def moment(self, name: str) -> datetime | None:
        """A whole second: UNIX seconds, or ISO 8601 (without an offset: UTC)."""
        value = self.text(name)
        return None if value is None else from_unix(_seconds(name, value))

    def whole_number(self, name: str, low: int, high: int) -> int | None:
        """A whole number between two bounds."""
        value = self.text(name)
        if value is None:
            return None
        if not (_DIGITS.issuperset(value) and len(value) <= 9 and low <= int(value) <= high):
            raise Refused(f"{name} must be a whole number from {low} to {high}.", name)
        return int(value)


def _address(name: str, value: str) -> str:
    if value[:4].upper() == "SIP/" and phone.is_sip(f"SIP/{value[4:]}"):
        return f"SIP/{value[4:]}"
    try:
        return _number(value) if is_outside_number(value) else phone.normalise(value)
    except Refused:
        raise Refused(
            f"{name} must be an SIP account like SIP/00000000672 or a number like 74951234567.", name
        ) from None


def _number(digits: str) -> str:
    """Bare digits are the contract's universal format; only where no such number can exist and a home one does,
    they were written as at home: `89039998877`, `9039998877`.
    """
    if phone.exists(f"+{digits}"):
        return digits
    return phone.normalise(digits) if phone.exists(digits, phone.DEFAULT_REGION) else digits


def _seconds(name: str, value: str) -> int:
    if _DIGITS.issuperset(value) and len(value) <= 10:
        seconds = int(value)
    else:
        # A plus that was not encoded reaches us as a space.
        text = value.replace(" ", "+") if "T" in value else value
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise Refused(f"{name} must be UNIX seconds or ISO 8601, for example 2026-11-23T10:00:00Z.", name) from None
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        seconds = int(found.timestamp() // 1)
    if not 0 <= seconds < _LATEST:
        raise Refused(f"{name} must lie between 1970 and 2100.", name)
    return seconds
