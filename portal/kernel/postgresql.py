"""PostgreSQL as this house uses it: many small statements, each asked again and again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import make_url

_SETTINGS = "-c jit=off"
"""What it estimates to be long it would compile first: for seconds, where a page then reads ten rows of an index."""


def options(database_url: str) -> dict[str, Any]:
    """What the engine is made with, besides the size of its pool."""
    told = make_url(database_url).query.get("options", ())
    kept = (told,) if isinstance(told, str) else told
    return {"pool_pre_ping": True, "connect_args": {"options": " ".join((*kept, _SETTINGS))}}
