"""Indexes of text by trigrams, as both databases can: what they have in common, whatever they index.

Of digits there are only a thousand trigrams, and each stands in every fiftieth call of a long log. On SQLite an index
therefore knows a number also by characters that stand for three digits each: three of them tell five digits, which few
numbers share. An account is a trigram of its own there: a neighbour's million rows cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

GRAM = 3
"""Characters that a question must have for an index to help."""
TABLE_OPTIONS = "content='', detail=none, columnsize=0, tokenize='trigram'"
"""Of a virtual table of FTS5: it keeps no text and no places, and what a row was known by once stays known."""
_DIGITS = 3
"""Digits that one character stands for."""
_FIRST_OF_DIGITS = 0xE000
"""Here begin the characters that belong to nobody: a thousand of them stand for three digits each."""
_PACKED = {f"{digits:0{_DIGITS}}": chr(_FIRST_OF_DIGITS + digits) for digits in range(10**_DIGITS)}
_NUMERALS = range(_FIRST_OF_DIGITS + 10**_DIGITS, 0xF8FF)
"""Three of these write an account's number as one trigram."""
_LONG_NUMBER = re.compile(f"[0-9]{{{GRAM + _DIGITS - 1},}}")


def indexed(account_id: int, text: str) -> str:
    """What FTS5 is given for a text of an account."""
    return _mark(account_id) + text + "".join(_packed(digits) for digits in _LONG_NUMBER.findall(text))


def match(account_id: int | None, needles: Iterable[str]) -> str:
    """The question of FTS5 for the account's rows, or all accounts', that may hold all of the needles."""
    grams = [gram for needle in needles for gram in _grams_of(needle)]
    marks = [] if account_id is None else [_mark(account_id)]
    quoted = [f'"{gram.replace(chr(34), chr(34) * 2)}"' for gram in (*marks, *grams)]
    return " AND ".join(dict.fromkeys(quoted))


@cache
def _mark(account_id: int) -> str:
    numerals = []
    for _place in range(GRAM):
        account_id, numeral = divmod(account_id, len(_NUMERALS))
        numerals.append(chr(_NUMERALS[numeral]))
    return "".join(numerals)


def _packed(digits: str) -> str:
    starts = range(len(digits) - _DIGITS + 1)
    return "".join([_PACKED[digits[start : start + _DIGITS]] for start in starts])


def _grams_of(needle: str) -> Iterator[str]:
    """Its trigrams; those of a long number's digits three at a time, and around it no others than reach out of it."""
    inside: set[int] = set()
    for number in _LONG_NUMBER.finditer(needle):
        yield from _trigrams(_packed(number.group()))
        inside.update(range(number.start(), number.end() - GRAM + 1))
    yield from (gram for start, gram in enumerate(_trigrams(needle)) if start not in inside)


def _trigrams(text: str) -> list[str]:
    return [text[start : start + GRAM] for start in range(len(text) - GRAM + 1)]


def can_have_trigrams(connection: Connection) -> bool:
    """Whether a PostgreSQL has pg_trgm, which is added where the role may. For migrations."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("create extension if not exists pg_trgm")
    except DBAPIError:
        return False
    return True
