"""Cells of a file that people open in a spreadsheet."""

from __future__ import annotations

_BEGINS_A_FORMULA = frozenset("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet may take for a formula, the wide forms of those signs among them (OWASP, CSV Injection)."""


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would reckon instead of showing it."""
    return f"'{text}" if text.lstrip(" \u00a0")[:1] in _BEGINS_A_FORMULA and text.strip() else text
