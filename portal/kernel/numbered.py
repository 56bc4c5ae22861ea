"""Statements whose values have numbers, as PostgreSQL itself takes them, and INSERTs of several rows at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MOST = 8
"""Rows of one INSERT: each number of them is a statement of its own, which is planned and kept."""
_VALUES = re.compile(r" VALUES (\((?:[^()]|\([^()]*\))*\))")
_NAME = re.compile(r"%\((\w+)\)s")


class Numbered:
    """Made of a statement that names its values as psycopg does: `%(number)s::VARCHAR`."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self.names = tuple(dict.fromkeys(_NAME.findall(statement)))
        """Of the values, in their order."""
        self.text = self._numbered(statement)
        """For one row of values."""
        self._texts = {1: self.text}

    def of(self, rows: Sequence[Sequence[Any]]) -> tuple[str, Sequence[Any]]:
        """The INSERT of these rows, `MOST` of them at most, and all of their values."""
        text = self._texts.get(len(rows))
        if text is None:
            before, values, after = _VALUES.split(self._statement, 1)
            lists = ", ".join(self._numbered(values, number * len(self.names)) for number in range(len(rows)))
            text = self._texts[len(rows)] = f"{self._numbered(before)} VALUES {lists}{self._numbered(after)}"
        return text, [value for row in rows for value in row]

    def _numbered(self, part: str, given: int = 0) -> str:
        numbers = {name: given + number for number, name in enumerate(self.names, 1)}
        return _NAME.sub(lambda found: f"${numbers[found[1]]}", part).replace("%%", "%")
