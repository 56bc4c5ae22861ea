"""What changed between two versions, as people read it: paragraph by paragraph, inside of one word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["same", "added", "removed"]
_WORD = re.compile(r"\s+|[^\s\w]|\w+")
_MOST_WORDS = 1500
"""Longer paragraphs are told as removed and added whole: to compare them would take long and be hard to read."""
_ALIKE = 0.4
"""Share of words in common from which two paragraphs are told as one that changed."""
_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a paragraph."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with what changed in it; or, with no pieces, so many unchanged ones that are not shown."""

    pieces: tuple[Piece, ...]
    hidden: int = 0


def changes(before: str, after: str) -> Sequence[Paragraph]:
    """What leads from one text to the other, with a paragraph of what stayed around each change; none: no change."""
    old, new = _paragraphs(before), _paragraphs(after)
    found: list[Paragraph] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (code, i, j, k, m) in enumerate(codes):
        if code == "equal":
            found += _around(old[i:j], is_first=place == 0, is_last=place == len(codes) - 1)
        else:
            found += _replaced(old[i:j], new[k:m])
    return found if any(code[0] != "equal" for code in codes) else []


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _around(unchanged: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Paragraph]:
    """The ends of what stayed that touch a change."""
    head = 0 if is_first else _CONTEXT
    tail = 0 if is_last else _CONTEXT
    if len(unchanged) <= head + tail + 1:
        yield from (_whole("same", text) for text in unchanged)
        return
    yield from (_whole("same", text) for text in unchanged[:head])
    yield Paragraph((), hidden=len(unchanged) - head - tail)
    yield from (_whole("same", text) for text in unchanged[len(unchanged) - tail :])


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Paragraph]:
    """Paragraphs in the place of others; those that are alike are told as one."""
    waiting = list(new)
    for text in old:
        twin = next((place for place, other in enumerate(waiting) if _are_alike(text, other)), None)
        if twin is None:
            yield _whole("removed", text)
            continue
        yield from (_whole("added", other) for other in waiting[:twin])
        yield Paragraph(tuple(_words(text, waiting[twin])))
        waiting = waiting[twin + 1 :]
    yield from (_whole("added", text) for text in waiting)


def _are_alike(old: str, new: str) -> bool:
    first, second = _WORD.findall(old), _WORD.findall(new)
    if max(len(first), len(second)) > _MOST_WORDS:
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _words(old: str, new: str) -> Iterator[Piece]:
    first, second = _WORD.findall(old), _WORD.findall(new)
    for code, i, j, k, m in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if code == "equal":
            yield Piece("same", "".join(first[i:j]))
            continue
        if i < j:
            yield Piece("removed", "".join(first[i:j]))
        if k < m:
            yield Piece("added", "".join(second[k:m]))


def _whole(mark: Mark, text: str) -> Paragraph:
    return Paragraph((Piece(mark, text),))
