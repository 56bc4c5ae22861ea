"""Which services there are: read from the rooms, so that one without a story is seen."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import PORTAL, ROOT, python_files

_FOLDERS = (Path(__file__).parent, Path(__file__).parents[2] / "billing")

LEFT_OUT = {
    "accounts/factors/changes.py:add_passkey": "needs what a browser answers: the journey of passkeys makes one",
    "accounts/own.py:change_password": "notes the guess before, in a transaction of its own, on purpose",
    "accounts/signing_in.py:sign_in": "the same",
    "accounts/signing_in.py:finish_sign_in": "ends the half session, then opens by `open_for`, which has a story",
    "accounts/visits/services.py:note_end": "a part of `end_visit`, which has a story",
    "admin/installation/views.py:discard_mail": "a view: one act of `kernel/mail` in the request's transaction",
    "admin/installation/views.py:send_mail_now": "the same",
    "admin/installation/views.py:send_test_mail": "the same",
    "invoicing/papers/issuing.py:issue": "a part of `order_bill`, which has a story, and of `close_month`",
    "recordings/retention.py:delete_old": "a job of many short transactions, each of them whole: tests/recordings",
    "telephony/services.py:hang_up": "waits for the switch between an order and its answer: tests/public_api",
    "telephony/services.py:originate": "the same",
    "telephony/services.py:place_test_call": "the same",
    "webhooks/sending/health.py:note": "a part of what the sender notes of its tries: test_failing_webhooks.py",
    "webhooks/services.py:set_state": "a part of pausing, resuming and removing, which have stories",
}
"""Services without a story, and why."""


@functools.cache
def services() -> set[str]:
    """`path:function` of every public function that leaves an audit line, by itself or by another of its module."""
    return {
        f"{path.relative_to(PORTAL)}:{name}".replace("/__init__.py", ".py")
        for path in python_files(PORTAL)
        for name in _public_ones(_calls_of(path))
    }


def told() -> set[str]:
    """Those that the stories of this folder, and those of the ledger, call or hand over."""
    return {name for folder in _FOLDERS for path in folder.glob("*.py") for name in _used(path)}


def _calls_of(path: Path) -> dict[str, set[str]]:
    """What each function of a module calls by its bare name."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source if "audit(" in source else "")
    return {
        function.name: {
            node.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
    }


def _public_ones(calls: dict[str, set[str]]) -> Iterator[str]:
    telling = {"audit"}
    while more := {name for name, called in calls.items() if called & telling} - telling:
        telling |= more
    return (name for name in telling - {"audit"} if not name.startswith("_"))


def _used(path: Path) -> Iterator[str]:
    """Functions that a module reaches by its imports, by where they are written."""
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(owner), attr=name):
                found = getattr(getattr(module, owner, None), name, None)
            case ast.Name(name):
                found = getattr(module, name, None)
            case _:
                continue
        if inspect.isfunction(found) and str(getattr(found, "__module__", "")).startswith("portal."):
            yield f"{found.__module__.removeprefix('portal.').replace('.', '/')}.py:{found.__name__}"
