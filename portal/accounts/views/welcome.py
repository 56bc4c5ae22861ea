"""What follows on a proved identity: a new session in a new cookie."""

from __future__ import annotations

from flask import Response, request, session, url_for
from flask_login import login_user

from portal.accounts import sessions
from portal.accounts.door import network, signed_in, vault
from portal.accounts.signing_in import Place
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound
from portal.web import htmx
from portal.web.security import is_own_path


def here() -> Place:
    """Where this request comes from."""
    return Place(network(), request.user_agent.string, request.remote_addr)


def welcome(token: str, target: str | None) -> Response:
    """Goes on to `target` with the new session; what was in the old cookie is not carried over."""
    session.clear()
    carry(token)
    return htmx.go_to(target if target is not None and is_own_path(target) else home())


def carry(token: str) -> None:
    """Puts the session's token into the cookie."""
    with transaction(writes=False):
        person = sessions.find_signed_in(vault(), token)
    if person is None:
        raise NotFound
    login_user(person)


def home() -> str:
    """The first page of whoever has signed in."""
    person = signed_in()
    return url_for("admin.accounts") if person is not None and person.account is None else "/"
