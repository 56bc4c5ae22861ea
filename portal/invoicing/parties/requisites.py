"""Numbers of companies and banks, each with the check that its issuer defined. Pure: text in, text out, or `Refused`.

Sources: INN: order of the Federal Tax Service MM-7-3/594@ and the guide to its check digits; KPP: order MVV-7-6/435@;
OGRN, OGRNIP: order of the Ministry of Finance 165n of 2017; the key of an account: Bank of Russia, letter 515 of
1997, whose place is the ninth digit of the account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_KPP = re.compile(r"\d{4}[0-9A-Z]{2}\d{3}", re.ASCII)


def inn(text: str, *, is_company: bool, field: str = "inn") -> str:
    """The taxpayer's number: 10 digits of a company, 12 of an entrepreneur."""
    digits = _digits(text, 10 if is_company else 12, field)
    if not _is_inn(digits):
        raise Refused(_("This INN does not check: one of its digits is wrong."), field)
    return digits


def kpp(text: str, *, field: str = "kpp") -> str:
    """The reason code of a company's registration; it has no check digit."""
    code = "".join(text.split()).upper()
    if not _KPP.fullmatch(code):
        raise Refused(_("A KPP has 9 characters, for example 770701001."), field)
    return code


def ogrn(text: str, *, is_company: bool, field: str = "ogrn") -> str:
    """The number in the state register: 13 digits of a company (OGRN), 15 of an entrepreneur (OGRNIP)."""
    digits = _digits(text, 13 if is_company else 15, field)
    divisor = 11 if is_company else 13
    if int(digits[:-1]) % divisor % 10 != int(digits[-1]):
        raise Refused(_("This number does not check: one of its digits is wrong."), field)
    return digits


def bik(text: str, *, field: str = "bik") -> str:
    """A bank's code: 9 digits, those of Russia begin with 04 (or 0 and another digit for some of the treasury)."""
    digits = _digits(text, 9, field)
    if digits[0] not in "012":
        raise Refused(_("A BIK begins with 04, 01, 02 or 00."), field)
    return digits


def bank_account(text: str, bank: str, *, field: str = "bank_account") -> str:
    """The account of a bank's customer; its key is reckoned with the last three digits of the bank's BIK."""
    digits = _digits(text, 20, field)
    if bank and not _has_key(bank[-3:] + digits):
        raise Refused(_("This account does not belong to the bank with this BIK: check both."), field)
    return digits


def correspondent_account(text: str, bank: str, *, field: str = "correspondent_account") -> str:
    """The bank's own account at the Bank of Russia; its key is reckoned with the fifth and sixth digit of the BIK."""
    digits = _digits(text, 20, field)
    if not digits.startswith("301"):
        raise Refused(_("A correspondent account begins with 301."), field)
    if bank and not _has_key("0" + bank[4:6] + digits):
        raise Refused(_("This correspondent account does not belong to the bank with this BIK: check both."), field)
    return digits


def _is_inn(digits: str) -> bool:
    if len(digits) == 10:
        return _control(digits, _INN_10) == int(digits[9])
    return _control(digits, _INN_11) == int(digits[10]) and _control(digits, _INN_12) == int(digits[11])


def _control(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11 % 10


def _has_key(digits: str) -> bool:
    weighted = (int(digit) * (7, 1, 3)[place % 3] for place, digit in enumerate(digits))
    return sum(each % 10 for each in weighted) % 10 == 0


def _digits(text: str, count: int, field: str) -> str:
    """The digits of a number as people write it, with spaces or dashes."""
    digits = re.sub(r"[\s\-\N{NO-BREAK SPACE}]", "", text)
    if not re.fullmatch(r"[0-9]+", digits) or len(digits) != count:
        raise Refused(_("%(count)s digits are needed here.", count=count), field)
    return digits
