"""Who hears of what: the rooms that write their rows in a call's transaction. Part of the composition root."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Subscribes the rooms, in the order in which they must write."""
