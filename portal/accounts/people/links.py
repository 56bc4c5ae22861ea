"""Links to this cabinet that open something once, and whether they may travel by mail."""

from __future__ import annotations

from flask import current_app, url_for

from portal.kernel.mail.outbox import is_mail_set
from portal.web.addresses import public_url


def can_be_mailed() -> bool:
    """Whether links go by mail: it is set, and so is the address that people type. What a request calls our host is
    never written into a letter: whoever asked might have made it up.
    """
    return is_mail_set() and bool(current_app.extensions["portal.settings"].public_url)


def mailed_link(endpoint: str, **values: object) -> str:
    """The whole address, for a letter. Only where `can_be_mailed`."""
    root: str = current_app.extensions["portal.settings"].public_url
    return root.rstrip("/") + url_for(endpoint, **values)  # type: ignore[arg-type]


def shown_link(endpoint: str, **values: object) -> str:
    """The whole address, for the eyes of whoever asked."""
    return public_url(endpoint, **values)
