"""Chance that repeats itself: the same seed gives the same calls, voices and traffic."""

from random import Random
from typing import TypeAlias

Span: TypeAlias = tuple[float, float]
"""Seconds, from and to."""


def dice(*seed: object) -> Random:
    """A generator of its own for whatever `seed` names."""
    return Random("/".join(map(str, seed)))  # noqa: S311 - plays people, guards nothing


def within(span: Span, chance: Random) -> float:
    """Some number of seconds of the span."""
    return chance.uniform(*span)
