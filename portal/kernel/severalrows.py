"""An INSERT of one row made one of several, for PostgreSQL, which is then waited for once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST = 8
"""Rows of one statement: each number of them is a statement of its own, which is planned and kept."""
_VALUES = re.compile(r" VALUES (\((?:[^()]|\([^()]*\))*\))")
_NAME = re.compile(r"%\((\w+)\)s")


class SeveralRows:
    """The statement with as many rows as are given."""

    def __init__(self, statement: str) -> None:
        """`statement` names its values as psycopg does: `VALUES (%(number)s::VARCHAR, …)`."""
        before, values, self._after = _VALUES.split(statement, 1)
        self._before = f"{before} VALUES "
        self._lists = [_NAME.sub(rf"%(\1_{number})s", values) for number in range(MOST)]

    def of(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, Mapping[str, Any]]:
        """The text for these rows, `MOST` of them at most, and all of their values."""
        values = {f"{name}_{number}": value for number, row in enumerate(rows) for name, value in row.items()}
        return f"{self._before}{', '.join(self._lists[: len(rows)])}{self._after}", values
