"""Tells the translators' tools (Babel) which words of the document people read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

READ_BY_PEOPLE = ("summary", "description")
Found = tuple[int, str, str, list[str]]


def extract_words(source: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:  # noqa: ARG001
    """Every summary and description, as Babel takes them: line, function, text, comments."""
    for text in words_in(json.load(source)):
        yield 1, "_", text, []


def words_in(part: Any) -> Iterator[str]:
    """What people read in a part of an OpenAPI document."""
    if isinstance(part, dict):
        yield from (part[name] for name in READ_BY_PEOPLE if isinstance(part.get(name), str))
        for inner in part.values():
            yield from words_in(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from words_in(inner)
