"""Looking for somebody by part of a number or a name: one text per thing, one pattern per question.

The text lists numbers and addresses between bars, then names between semicolons:
`|79039998877|sip/00000000672|;igor batov;`. Neither mark can stand within a part, so that no question matches
across two of them, and an address is told from a name that looks like one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from portal.kernel import phone

LONGEST = 100
"""Characters of a question; no number and hardly a name is longer."""

_LIKE_A_NUMBER = re.compile(r"[+0-9()\s.\-\u2010-\u2015]+")
_UNFIT = re.compile(r"[|;\x00-\x1f\ud800-\udfff]")


def search_text(addresses: Iterable[str | None], names: Iterable[str | None]) -> str:
    """The text that something with these addresses and names is found by."""
    return _between("|", addresses) + _between(";", names)


def _between(mark: str, parts: Iterable[str | None]) -> str:
    words = [folded(part) for part in parts if part]
    return mark + mark.join(words) + mark if words else ""


def needle(question: str) -> str | None:
    """What to look for within the text when a person asks this; None where there is nothing to look for.

    A number may be written in any way: `8 (903) 999`, `+7903`, `903-999` find `7903999…`.
    """
    question = question.strip()[:LONGEST]
    if _LIKE_A_NUMBER.fullmatch(question):
        return phone.search_digits(question) or None
    return folded(question) or None


def address_needle(address: str) -> str:
    """Finds the calls in which exactly this address took part."""
    return f"|{folded(address)}|"


def folded(text: str) -> str:
    """Without case, of one Unicode form and without what cannot be searched."""
    return " ".join(_UNFIT.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split())
