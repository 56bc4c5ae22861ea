"""The same URL answers a whole page or one fragment of it. The only file that knows htmx's headers (htmx 4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, get_flashed_messages, make_response, redirect, render_template, request
from werkzeug.urls import iri_to_uri

_LONGEST_MESSAGE = 300
"""Characters. It travels in a header or a cookie, where a proxy or a browser drops what is longer than 4 to 8 KiB."""
KEPT_AS_IT_STANDS = {"hx-preserve": ""}
"""Attributes: the page keeps its own element of the same id, with all that was typed there."""


@dataclass(frozen=True, slots=True)
class Flash:
    """A word about what has just happened, shown once on the next page."""

    kind: str
    text: str
    undo_url: str | None


def say(text: str, kind: str = "info", *, undo: str | None = None) -> None:
    """Has the next page show these words; `kind` is `success`, `info`, `warning` or `error`."""
    flash(json.dumps([text, undo]), kind)


def flashes() -> list[Flash]:
    """What is to be shown on this page, each once."""
    found: list[tuple[str, str]] = list(get_flashed_messages(with_categories=True))  # type: ignore[arg-type]
    return [Flash(kind, *json.loads(packed)) for kind, packed in found]


def wants_fragment() -> bool:
    """Whether htmx asked for a part of the page; going back in history gets the whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def render(page: str, /, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The page, or under htmx the fragment that it includes, with the same context."""
    partial = fragment is not None and wants_fragment()
    template = fragment if partial and fragment is not None else page
    response = make_response(render_template(template, **context), status)
    response.vary.add("HX-Request")
    return response


def done(
    message: str,
    /,
    *,
    back_to: str,
    fragment: str | None = None,
    undo: str | None = None,
    announces: str = "",
    **context: Any,
) -> Response:
    """After a change: under htmx the new fragment and a toast, otherwise back to a page that shows the same words.

    `undo` is the URL that takes the change back by POST. `announces` names events for other fragments of the page.
    A message that lists very many names is cut.
    """
    message = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
    if fragment is None or not wants_fragment():
        say(message, "success", undo=undo)
        return go_to(back_to)
    response = make_response(render_template(fragment, **context))
    response.vary.add("HX-Request")
    toast = {"kind": "success", "text": message, "undo": undo}
    return announce(response, announces, **{"portal:toast": toast})


def announce(response: Response, names: str, **events: Any) -> Response:
    """Tells other fragments of the same page, under htmx, that something happened: `names` with spaces between them."""
    heard = {name: {"target": "body"} for name in names.split()}
    response.headers["HX-Trigger"] = json.dumps(events | heard)
    return response


def go_to(url: str) -> Response:
    """Leaves for another page: by htmx's own header, or 303 for a plain form."""
    if not wants_fragment():
        response = redirect(url, 303)
    else:
        response = make_response("", 204)
        # Header values are Latin-1 (RFC 9110, 5.5); `redirect` encodes by itself.
        response.headers["HX-Redirect"] = iri_to_uri(url)
    response.vary.add("HX-Request")
    return response  # type: ignore[return-value]
