"""A delivery is offered to one worker in the transaction that writes it: that one sends it without claiming it first.

An offered delivery waits with a claim that its worker is told by the bell, and is due for all others a moment later:
whoever was offered it and does not take it, or was killed just then, keeps it waiting for that moment.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from flask import current_app
from sqlalchemy import Connection

from portal.kernel.bells import Bells
from portal.kernel.clock import monotonic
from portal.kernel.db import db, listening, ring
from portal.kernel.secrets import random_word

PATIENCE = timedelta(seconds=1.5)
"""For so long an offer is nobody else's."""
MOST_AT_ONCE = 4
"""Events of one transaction, and webhooks of one event, that are offered: what comes in bulk is claimed in bulk."""
_LISTENS, _LEAVES = "webhooks-", "-leaves"
_OFFERED = "webhooks-offered"
WORKER_LETTERS, CLAIM_LETTERS = 8, 32
"""A claim begins with the worker whose it is; the rest of it is new each time."""
_KNOWN_FOR = 1.0
"""Seconds for which the workers that listen are known: one that has died since is offered something in vain."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The deliveries of one event that carry this claim."""

    event_id: int
    claim: str

    @classmethod
    def make(cls, event_id: int) -> Self | None:
        """To one of the workers that listen, heard after the commit; None: there is none, or enough was offered."""
        offered = sum(topic.startswith(_OFFERED) for topic in db.session.info.get("bells", ()))
        known = _workers() if offered < MOST_AT_ONCE else ()
        if not known:
            return None
        offer = cls(event_id, claim_of(random.choice(known)))  # noqa: S311 -- spreads the load
        ring(f"{_OFFERED}:{offer.event_id}:{offer.claim}")
        return offer


def heard(topics: Iterable[str], worker: str) -> list[Offer]:
    """What is offered to this worker."""
    parts = (topic.split(":") for topic in topics if topic.startswith(f"{_OFFERED}:"))
    found = (Offer(int(event), claim) for _, event, claim in parts)
    return sorted((each for each in found if each.claim.startswith(worker)), key=lambda each: each.event_id)


def new_worker() -> str:
    """How a worker is told from all others, until its process ends."""
    return random_word(WORKER_LETTERS)


def claim_of(worker: str) -> str:
    """A new claim, which begins with whose it is."""
    return worker + random_word(CLAIM_LETTERS - len(worker))


def listener_of(worker: str, *, is_leaving: bool = False) -> str:
    """The name under which it listens to bells as long as it lives; one that is leaving is offered nothing."""
    return _LISTENS + worker + (_LEAVES if is_leaving else "")


def workers(bells: Bells, connection: Connection) -> frozenset[str]:
    """Those that listen now: all that live."""
    names = bells.listening(connection, _LISTENS)
    return frozenset(name.removeprefix(_LISTENS).removesuffix(_LEAVES) for name in names)


def _workers() -> Sequence[str]:
    """As of a moment ago: each call of the account would wait for the question."""
    known: tuple[float, Sequence[str]] = current_app.extensions.get("portal.webhook_workers", (0.0, ()))
    if monotonic() >= known[0]:
        found = sorted(name.removeprefix(_LISTENS) for name in listening(_LISTENS) if not name.endswith(_LEAVES))
        known = current_app.extensions["portal.webhook_workers"] = (monotonic() + _KNOWN_FOR, found)
    return known[1]
