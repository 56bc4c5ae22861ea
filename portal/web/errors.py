"""Refusals and faults as pages: what happened, what to do, and a request id to name when asking for help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, make_response, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.kernel import errors
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.kept import keep_typed

log = structlog.get_logger(__name__)

_STATUS: dict[type[errors.PortalError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Refused: 422,
    errors.Conflict: 409,
    errors.NotReady: 409,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}

Shape = Callable[[int], Response]
"""Makes an answer of a status, in words of its own."""


def answer_in(app: Flask, prefix: str, shape: Shape) -> None:
    """Below `prefix` errors are no pages: they have this shape."""
    app.extensions.setdefault("portal.error_shapes", {})[prefix] = shape


def _shape_here() -> Shape | None:
    path = f"/{request.path.lstrip('/')}/"
    shapes: dict[str, Shape] = current_app.extensions.get("portal.error_shapes", {})
    return next((shape for prefix, shape in shapes.items() if path.startswith(f"{prefix}/")), None)


def init_app(app: Flask) -> None:
    """Hangs the handlers on the app."""
    app.register_error_handler(errors.NotSignedIn, _noted(_ask_to_sign_in))
    app.register_error_handler(errors.NotProved, _noted(_ask_again))
    app.register_error_handler(errors.NeedsSecondFactor, _noted(_ask_for_second_factor))
    app.register_error_handler(errors.PortalError, _noted(_refusal))
    app.register_error_handler(CSRFError, _noted(_stale_form))
    app.register_error_handler(IntegrityError, _collision)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def _noted(answer: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """The request's line in the log says what refused it."""

    def noted(error: Exception) -> Response:
        structlog.contextvars.bind_contextvars(refused=type(error).__name__)
        return answer(error)

    return noted


def page(status: int, title: str, text: str, *, retry_after: int | None = None) -> Response:
    """An error page, or under htmx the fragment of it; for programs the shape of their part of the site."""
    shape = _shape_here()
    if shape is not None:
        return shape(status)
    response = htmx.render(
        "errors/error.html",
        fragment="errors/_error.html",
        status=status,
        code=status,
        title=title,
        text=text,
        request_id=g.get("request_id", ""),
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _ask_to_sign_in(_error: Exception) -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return htmx.go_to(url_for("accounts.sign_in", next=here if here != "/" else None))


def _ask_again(error: errors.NotProved) -> Response:
    """To the page that asks, and from there back to this page, or to the one whose button was pressed."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    came_from = f"{referrer.path}?{referrer.query}".rstrip("?") if referrer.netloc == request.host else "/"
    here = request.full_path.rstrip("?") if request.method == "GET" else came_from
    if request.method == "POST":
        keep_typed(here)
    htmx.say(error.message)
    return htmx.go_to(url_for("accounts.confirm", next=here))


def _ask_for_second_factor(error: errors.NeedsSecondFactor) -> Response:
    htmx.say(error.message, "warning")
    return htmx.go_to(url_for("accounts.second_factor"))


def _refusal(error: errors.PortalError) -> Response:
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    return page(status, _titles()[status], error.message, retry_after=getattr(error, "retry_after", None))


def _titles() -> dict[int, str]:
    return {
        400: _("This request cannot be read"),
        403: _("Not allowed"),
        404: _("No such page"),
        405: _("This address does not take that kind of request"),
        409: _("Changed meanwhile"),
        413: _("Too large"),
        422: _("Please check what was entered"),
        429: _("Too many attempts"),
        503: _("Not available right now"),
    }


def _stale_form(_error: CSRFError) -> Response:
    return page(
        400, _("This page has been open for too long"), _("Reload the page and try again: nothing was changed.")
    )


def _collision(error: IntegrityError) -> Response:
    log.warning("constraint_refused", constraint=str(error.orig).splitlines()[0])
    return page(409, _titles()[409], _("Somebody has just changed the same thing. Reload the page and try again."))


def _database_away(error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__, detail=str(error).splitlines()[0])
    return _bare_page(
        503, _titles()[503], _("The database does not answer. Nothing was changed; try again in a minute.")
    )


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    title = _titles().get(status, error.name)
    text = _("Check the address, or go on from the menu.") if status == 404 else _("Go back and try again.")
    response = page(status, title, text)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _fault(error: Exception) -> Response:
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    text = _("It is our fault, not yours. Tell support the number below if it happens again.")
    return _bare_page(500, _("Something went wrong"), text)


def _bare_page(status: int, title: str, text: str) -> Response:
    """A page that asks the database for nothing."""
    g.is_bare = True
    try:
        return page(status, title, text)
    except Exception:
        log.exception("error_page_failed")
        return make_response(f"{title}. {text}\n", status, {"Content-Type": "text/plain; charset=utf-8"})
