"""What was typed before a person was asked to prove who it is: kept for the page that the person comes back to."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from flask import g, has_request_context, request, session
from werkzeug.datastructures import MultiDict

from portal.kernel.clock import now, to_unix

_KEY = "kept"
_LARGEST = 2000
"""Characters. The session is a cookie, of which a browser takes 4 KiB."""
_SECONDS = 900
_SECRET = ("password", "current", "secret", "token", "key", "code", "credential", "webhook", "headers")
"""A field whose name holds one of these goes into no cookie."""


def is_kept_out(name: str) -> bool:
    """Whether a field of this name may hold a secret."""
    return any(word in name for word in _SECRET)


def keep_typed(page: str) -> None:
    """Keeps the fields of this request for the next visit of a page (path and query), but for secrets and files."""
    names = [name for name in request.form if not is_kept_out(name)]
    fields = [(name, value) for name in names for value in request.form.getlist(name)]
    session.pop(_KEY, None)
    if fields and len(json.dumps(fields)) <= _LARGEST:
        session[_KEY] = [urlsplit(page).path, to_unix(now()), fields]


def typed_before(names: set[str]) -> MultiDict[str, Any] | None:
    """What was kept for this page, if a form of these fields is what it was typed into."""
    if not has_request_context() or request.method != "GET":
        return None
    if "kept" not in g:
        g.kept = _take()
    kept: MultiDict[str, Any] | None = g.kept
    return kept if kept and set(kept) <= names else None


def _take() -> MultiDict[str, Any] | None:
    """Once: who reloads the page begins anew."""
    found = session.get(_KEY)
    if found is None or found[0] != request.path:
        return None
    _path, at, fields = session.pop(_KEY)
    return MultiDict([(name, value) for name, value in fields]) if to_unix(now()) - at <= _SECONDS else None
