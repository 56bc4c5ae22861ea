"""Headers on every answer, and the refusal of requests that other sites make in a visitor's name."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest

from portal.kernel.errors import Forbidden
from portal.kernel.i18n import gettext as _

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere: no page needs an exception."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # For browsers and scanners that do not know `frame-ancestors`.
    "X-Frame-Options": "DENY",
    # `no-referrer` would make Flask-WTF refuse every form over HTTPS; `same-origin` tells other sites nothing either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""For style sheets, scripts and pictures, which are no documents: a first visit fetches two dozen of them."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ONE_YEAR = 31_536_000

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Hangs the checks and the headers on the app."""
    csrf.init_app(app)
    app.before_request(_refuse_other_sites)
    app.before_request(_refuse_nul)
    app.after_request(_add_headers)


def _refuse_other_sites() -> None:
    """The second lock beside the token: browsers say where a request comes from (Fetch Metadata, W3C)."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is None:
        origin = request.headers.get("Origin")
        is_foreign = origin is not None and urlsplit(origin).netloc != request.host
    else:
        is_foreign = site not in ("same-origin", "none")
    if is_foreign:
        raise Forbidden(_("This request came from another site and was refused."))


def _refuse_nul() -> None:
    """No person's text holds the character NUL, and PostgreSQL can neither keep it nor look for it.

    Of the query, each page and the API say themselves what they make of it.
    """
    if any("\0" in text for text in (request.path, *(value for _, value in request.form.items(multi=True)))):
        raise BadRequest


def _add_headers(response: Response) -> Response:
    is_file = request.endpoint == "static" and response.status_code < 400
    for name, value in (FILE_HEADERS if is_file else HEADERS).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}; includeSubDomains")
    return response


def is_own_path(target: str | None) -> bool:
    """Whether a `next` leads to a page of ours: one leading slash, and nothing that a browser would read as a host."""
    if not target or not target.startswith("/") or len(target) > 2000:
        return False
    if any(ord(char) <= 0x20 or char == "\\" or ord(char) == 0x7F for char in target):
        return False
    parts = urlsplit(target)
    return not target.startswith("//") and not parts.scheme and not parts.netloc
