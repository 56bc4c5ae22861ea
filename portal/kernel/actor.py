"""Who acts: set once at the entrance, read by the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a key or the system itself; `address` is where the request came from."""

    name: str
    user_id: int | None = None
    address: str | None = None


SYSTEM = Actor("system")


def set_actor(actor: Actor) -> None:
    """From now on this app context acts in that name."""
    g.actor = actor


def current_actor() -> Actor:
    """Who acts; the system itself where nobody asked."""
    actor: Actor = g.get("actor", SYSTEM)
    return actor
