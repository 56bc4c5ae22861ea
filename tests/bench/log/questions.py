"""What each of the three is asked, and how long it takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import make_url

QUESTIONS = {"first page", "deep page", "missed", "missed, deep", "4 digits"}


def deep_page(calls: int) -> int:
    """The page of fifty rows that is in the middle of so many calls, the first one being 1."""
    return calls // 100


def deep_missed_page(calls: int) -> int:
    """The same of those that were missed, one in eight."""
    return calls // 800


def database_of(url: str) -> dict[str, Any]:
    """The portal's database as Django's settings have it; dates are read as numbers on SQLite."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": place.database}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.database,
        "USER": place.username,
        "PASSWORD": place.password,
        "HOST": place.query.get("host", place.host),
        "PORT": place.query.get("port", place.port),
        "OPTIONS": {"options": "-c portal.account=all"},
    }


def timed(ask: Callable[[str], int], asked: Mapping[str, str], visits: int) -> dict[str, float]:
    """The middle time of each question in milliseconds, asked once before; `ask` answers how many rows came."""
    found = {}
    for name, question in asked.items():
        assert ask(question) > 0, name
        found[name] = statistics.median(_seconds(ask, question) for _ in range(visits)) * 1000
    return found


def _seconds(ask: Callable[[str], int], question: str) -> float:
    began = time.perf_counter()
    ask(question)
    return time.perf_counter() - began
