"""Where people and programs give secrets: read from the forms, the sources and the addresses themselves.

A new field for a secret is found here without being written down anywhere, and wants a story.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from wtforms import PasswordField
from wtforms.fields.core import UnboundField

from portal.web.forms import BaseForm
from tests.architecture.routes import routes
from tests.architecture.sources import PORTAL

_WORDS = re.compile(
    r"(?i)(^|[-_])(password|current|secret|token|key|code|credentials?|pin|totp|headers|authorization)$"
)
"""The last word of a name that holds a secret."""
NO_SECRETS = {
    "ShopForm.vat_code": "a rate of tax",
    "public_api/views.py Idempotency-Key": "names an order, opens nothing",
}
"""What looks like one by its name, and why it is none."""


def secret_fields() -> dict[str, str]:
    """`Form.field` to the field's name: password fields of every form, and fields named like secrets."""
    return {
        f"{form.__name__}.{name}": name
        for form in _forms(BaseForm)
        for name, field in _fields(form)
        if issubclass(field.field_class, PasswordField) or _WORDS.search(name)
    }


def places(app: Flask) -> set[str]:
    """Every place that takes a secret: fields, parameters and headers read by hand, parts of addresses."""
    addresses = {r.rule for r in routes(app) if re.search(r"<string:(\w+_)?(token|key|secret|code)>", r.rule)}
    return (set(secret_fields()) | set(_read_by_hand()) | addresses) - set(NO_SECRETS)


def _forms(of: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for form in of.__subclasses__():
        yield form
        yield from _forms(form)


def _fields(form: type[BaseForm]) -> Iterator[tuple[str, UnboundField[Any]]]:
    """Those that the class itself declares."""
    return ((name, value) for name, value in vars(form).items() if isinstance(value, UnboundField))


def _read_by_hand() -> Iterator[str]:
    for path in sorted(PORTAL.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "request." in source else ():
            name = _asked_of_request(node, path)
            if name and _WORDS.search(name):
                yield f"{path.relative_to(PORTAL)} {name}"


def _asked_of_request(node: ast.AST, path: Path) -> str | None:
    """The name in `request.form.get(name)`, `.getlist(name)` and `[name]`, and so of args, values and headers."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name("request"))), args=[name, *_]):
            return _word(name, path)
        case ast.Subscript(value=ast.Attribute(value=ast.Name("request")), slice=name):
            return _word(name, path)
    return None


def _word(node: ast.expr, path: Path) -> str | None:
    if isinstance(node, ast.Name):
        module = ".".join(["portal", *path.relative_to(PORTAL).with_suffix("").parts])
        found = getattr(importlib.import_module(module), node.id, None)
        return found if isinstance(found, str) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
