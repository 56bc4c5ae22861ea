"""Addresses of our own: whole ones as outsiders type them, and numbers in them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for
from flask.globals import _cv_request
from werkzeug.routing import IntegerConverter, Map, Rule, UnicodeConverter

_SPECIAL = frozenset({"_anchor", "_method", "_scheme", "_external"})
LARGEST = (1 << 63) - 1
"""What a 64-bit column holds."""


class IntConverter(IntegerConverter):
    """`<int:…>`: a number beyond every row's id is not found, before a database is asked that would choke on it."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 - Werkzeug's name
        kwargs.setdefault("max", LARGEST)
        super().__init__(map, *args, **kwargs)


class StringConverter(UnicodeConverter):
    """`<…>` and `<string:…>`: most of ours are letters and digits, of which none needs to be looked at by itself."""

    def to_url(self, value: Any) -> str:
        return value if type(value) is str and value.isascii() and value.isalnum() else super().to_url(value)


class AddressedFlask(Flask):
    """Flask that builds an address straight from its rule: Flask and Werkzeug look each time for the best of several,
    and here an endpoint has one. A page has two hundred addresses.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rules: dict[str, Rule] = {}

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """As Flask's."""
        return self._built(endpoint, values) or super().url_for(endpoint, **values)

    def _built(self, endpoint: str, values: dict[str, Any]) -> str | None:
        """The path of the present request's site; None for what only Flask builds, or refuses."""
        rule = self._rules.get(endpoint) or self._only_rule(endpoint)
        # Straight from where Flask keeps it: a proxy takes as long as the rule.
        here = _cv_request.get(None)
        if rule is None or here is None or here.url_adapter is None:
            return None
        parts: dict[str, Any] = {}
        query: list[tuple[str, str]] = []
        for name, value in values.items():
            if name in rule.arguments:
                parts[name] = value
            elif isinstance(value, str) and name not in _SPECIAL:
                query.append((name, value))
            elif value is not None:
                return None
        built = None if None in parts.values() or len(parts) < len(rule.arguments) else rule.build(parts, False)
        if built is None:
            return None
        path = here.url_adapter.script_name[:-1] + built[1]
        return f"{path}?{_encoded(tuple(query))}" if query else path

    def _only_rule(self, endpoint: str) -> Rule | None:
        if endpoint not in self.view_functions or self.url_default_functions:
            return None
        first, *more = self.url_map.iter_rules(endpoint)
        if more or first.defaults:
            return None
        self._rules[endpoint] = first
        return first


@lru_cache(4096)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    """As Werkzeug writes it."""
    return urlencode(query, safe="!$'()*,/:;?@")


def public_root() -> str:
    """Where this installation answers, without a slash at the end: `PORTAL_PUBLIC_URL`, else as it was asked."""
    root: str = current_app.extensions["portal.settings"].public_url or request.url_root
    return root.rstrip("/")


def public_url(endpoint: str, **values: Any) -> str:
    """The whole address of an endpoint, for programs outside."""
    return public_root() + url_for(endpoint, **values)


def init_app(app: Flask) -> None:
    """To be called before any address is added."""
    app.url_map.converters |= {"int": IntConverter, "string": StringConverter, "default": StringConverter}
    app.jinja_env.globals["public_url"] = public_url
