"""Addresses of our own: whole ones as outsiders type them, and numbers in them."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request, url_for
from werkzeug.routing import IntegerConverter, Map

LARGEST = (1 << 63) - 1
"""What a 64-bit column holds."""


class IntConverter(IntegerConverter):
    """`<int:…>`: a number beyond every row's id is not found, before a database is asked that would choke on it."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 - Werkzeug's name
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, *args, **kwargs)


def public_root() -> str:
    """Where this installation answers, without a slash at the end: `PORTAL_PUBLIC_URL`, else as it was asked."""
    root: str = current_app.extensions["portal.settings"].public_url or request.url_root
    return root.rstrip("/")


def public_url(endpoint: str, **values: Any) -> str:
    """The whole address of an endpoint, for programs outside."""
    return public_root() + url_for(endpoint, **values)


def init_app(app: Flask) -> None:
    """To be called before any address is added."""
    app.url_map.converters["int"] = IntConverter
    app.jinja_env.globals["public_url"] = public_url
