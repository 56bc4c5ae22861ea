"""Phone numbers: written as people write them, stored as digits with the country code, shown well."""

from __future__ import annotations

import functools
import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

DEFAULT_REGION = "RU"
_SIP = re.compile(r"SIP/[0-9A-Za-z_.-]{1,40}")
_UNIVERSAL = re.compile(r"[1-9][0-9]{6,14}")
_LOOKS_WRITTEN = re.compile(r"[+0-9()\s.\-\u00a0\u2011]+")
_LONGEST_WITHIN_A_CITY = 7


def is_sip(address: str) -> bool:
    """Whether this is the name of a SIP account, such as `SIP/00000000672`."""
    return bool(_SIP.fullmatch(address))


def is_universal(address: str) -> bool:
    """Whether this is the contract's universal format: digits with the country code and no plus (E.164 without `+`)."""
    return bool(_UNIVERSAL.fullmatch(address))


def with_plus(address: str) -> str:
    """What we hold ourselves, written so that `normalise` reads it back: `+4533121212`; SIP names stay as they are."""
    return address if is_sip(address) else f"+{address}"


def exists(text: str, region: str | None = None) -> bool:
    """Whether such a number can have been given to somebody: dialled in this region, or with its plus anywhere."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except NumberParseException:
        return False


def normalise(text: str, region: str = DEFAULT_REGION) -> str:
    """The universal format of a number as a person or a trunk writes it (`+7 (495) 123-45-67`, `8 495 …`).

    Bare digits are a home number; where no such one exists but one of another land does, they have its country code:
    `4533121212`. What we hold ourselves is in no doubt `with_plus`.

    Raises `Refused` with a message that says what is wrong.
    """
    text = text.strip()
    if not _LOOKS_WRITTEN.fullmatch(text):
        raise Refused(_("A phone number has only digits, spaces, brackets and dashes."))
    if is_universal(text) and _has_country_code(text, region):
        text = f"+{text}"
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise Refused(_("This is not a phone number. Write it as +7 495 123-45-67.")) from None
    if not phonenumbers.is_possible_number(number):
        raise Refused(_("This number has too few or too many digits."))
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def _has_country_code(digits: str, region: str) -> bool:
    if len(digits) >= 11 and not digits.startswith("8"):
        return True
    return len(digits) > _LONGEST_WITHIN_A_CITY and not exists(digits, region) and exists(f"+{digits}")


def search_digits(text: str) -> str:
    """The digits to look for when a person types a part of a number; a leading 8 or +7 means country code 7.

    A short part that begins with 8 is left alone, unless it is set apart as the trunk prefix: `8 (903)`.
    """
    digits = re.sub(r"\D", "", text)
    if digits.startswith("8") and (len(digits) >= 10 or re.match(r"\s*8[\s(-]", text)):
        return f"7{digits[1:]}"
    return digits


@functools.lru_cache(maxsize=8192)
def display(address: str) -> str:
    """For people: `+7 495 123-45-67`; SIP names, short and unknown numbers stay as they are."""
    if not is_universal(address):
        return address
    try:
        number = phonenumbers.parse(f"+{address}")
    except NumberParseException:
        return address
    if not phonenumbers.is_possible_number(number):
        return address
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def mask(address: str) -> str:
    """For logs: the last four digits only."""
    return address if len(address) <= 4 or is_sip(address) else f"…{address[-4:]}"
