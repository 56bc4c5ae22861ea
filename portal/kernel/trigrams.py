"""Indexes of text by trigrams, as both databases can: what they have in common, whatever they index.

An account is a trigram of its own in an index of SQLite: a neighbour's million rows cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

GRAM = 3
"""Characters that a question must have for an index to help."""
TABLE_OPTIONS = "content='', detail=none, columnsize=0, tokenize='trigram'"
"""Of a virtual table of FTS5: it keeps no text and no places, and what a row was known by once stays known."""
_PRIVATE = range(0xE000, 0xF8FF)
"""Characters that belong to nobody: three of them write an account's number as one trigram."""


def mark(account_id: int) -> str:
    """What the texts of an account begin with in an index of FTS5."""
    digits = []
    for _place in range(GRAM):
        account_id, digit = divmod(account_id, len(_PRIVATE))
        digits.append(chr(_PRIVATE[digit]))
    return "".join(digits)


def match(account_id: int, needles: Iterable[str]) -> str:
    """The question of FTS5 for the account's rows that may hold all of the needles."""
    grams = [needle[start : start + GRAM] for needle in needles for start in range(len(needle) - GRAM + 1)]
    quoted = [f'"{gram.replace(chr(34), chr(34) * 2)}"' for gram in (mark(account_id), *grams)]
    return " AND ".join(dict.fromkeys(quoted))


def can_have_trigrams(connection: Connection) -> bool:
    """Whether a PostgreSQL has pg_trgm, which is added where the role may. For migrations."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("create extension if not exists pg_trgm")
    except DBAPIError:
        return False
    return True
