"""Whom a switch's engine asks and tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from portal.telephony.engine import RoutePlanner
from portal.telephony.scribe.protocol import Scribe

KnownCallers: TypeAlias = Callable[[int], Sequence[str]]
"""Numbers (universal format) of people who are likely to call an account; asked with its id."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom to ask for plans, and who writes down what is told."""

    planner: RoutePlanner
    scribe: Scribe
    known_callers: KnownCallers
