"""Who we are to a browser that makes or uses a passkey."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Response

from portal.accounts.factors.passkeys import Site
from portal.web.addresses import public_root


def site() -> Site:
    """The installation's public address, else the one that the browser asked."""
    root = public_root()
    parts = urlsplit(root)
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def can_have_passkeys() -> bool:
    """Whether browsers make passkeys for this site at all: they do for a name, and not for a bare address."""
    try:
        ipaddress.ip_address(site().host)
    except ValueError:
        return True
    return False


def as_json(text: str) -> Response:
    """Options for the browser's own functions."""
    return Response(text, mimetype="application/json")
