"""Numbers in addresses."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = (1 << 63) - 1
"""What a 64-bit column holds."""


class IntConverter(IntegerConverter):
    """`<int:…>`: a number beyond every row's id is not found, before a database is asked that would choke on it."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 - Werkzeug's name
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, *args, **kwargs)


def init_app(app: Flask) -> None:
    """To be called before any address is added."""
    app.url_map.converters["int"] = IntConverter
