"""The cabinet's door: who is signed in, what the role allows, which account the session enters."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import Flask, current_app, g, has_request_context, request
from flask_login import LoginManager, current_user

from portal.accounts import sessions
from portal.accounts.factors.having import has_second_factor, must_have_second_factor
from portal.accounts.person import SignedIn
from portal.accounts.throttle import network_of
from portal.kernel import tenancy
from portal.kernel.actor import Actor, set_actor
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Forbidden, NeedsSecondFactor, NotProved, NotSignedIn
from portal.kernel.i18n import DEFAULT_LOCALE, LOCALES
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault
from portal.kernel.tenancy import Scope
from portal.web.access import Permission
from portal.web.feature import Feature, is_writing
from portal.web.htmx import wants_fragment

FRESH_FOR = timedelta(minutes=10)
"""How long a password, a code or a passkey opens what `needs_fresh`."""
_BEFORE_SECOND_FACTOR = frozenset({Permission.PUBLIC, Permission.WAY_OUT, Permission.OWN_DOOR})


class CabinetDoor:
    """Lets people in by their session."""

    def enter(self, needs: Permission) -> None:
        """See `portal.web.access.Door`."""
        person = signed_in()
        if person is None and needs is Permission.PUBLIC:
            return
        person = person_here()
        doer = person.visitor or person
        set_actor(Actor(doer.email, doer.user_id, request.remote_addr))
        account_id = person.account.id if person.account is not None else None
        structlog.contextvars.bind_contextvars(user=doer.user_id, account=account_id)
        if needs is not Permission.PUBLIC and needs not in person.permissions:
            raise Forbidden(_refusal(person))
        if person.visitor is None and needs not in _BEFORE_SECOND_FACTOR:
            _demand_second_factor(person)
        if needs is Permission.OPERATE:
            tenancy.enter(db.session(), Scope(reason="operator's console"))
        elif person.account is not None:
            enter_account(person)
        if not _is_of_an_open_page():
            sessions.note_seen(person, is_writing=is_writing())

    def ask_again(self) -> None:
        """See `portal.web.access.PersonDoor`. Of a visitor nothing is asked: it stays shut."""
        if person_here().visitor is not None:
            raise Forbidden(_refusal(person_here()))
        if now() - person_here().proved_at > FRESH_FOR:
            raise NotProved(_("Show first that it is you. Then press the button once more."))


def _demand_second_factor(person: SignedIn) -> None:
    if must_have_second_factor(person) and not has_second_factor(person.user_id):
        raise NeedsSecondFactor(_("Your sign-in must have a second factor. Set one up, then go on."))


def _refusal(person: SignedIn) -> str:
    if person.visitor is not None:
        return _("This is not opened to the operator: only the person can do it.")
    return _("Your role does not include this. Ask an administrator of your company.")


def _is_of_an_open_page() -> bool:
    """Whether a page that stands open may have asked by itself: for the stream, or for a fragment after its news."""
    return request.endpoint == "accounts.live" or (request.method == "GET" and wants_fragment())


def enter_account(person: SignedIn) -> None:
    """Sets scope, zone and currency of the account that the session looks at."""
    if person.account is not None:
        tenancy.enter(db.session(), Scope(account_id=person.account.id))
        g.time_zone = person.account.time_zone
        g.currency = person.account.currency


def signed_in() -> SignedIn | None:
    """The person of this request, or None."""
    # Where Flask-Login keeps who it has loaded: through its proxies it is as far as an address, and a page asks often.
    person = g._get_current_object().get("_login_user") or current_user._get_current_object()  # noqa: SLF001
    return person if person.is_authenticated else None


def person_here() -> SignedIn:
    """The person of this request. Raises `NotSignedIn` where there is none."""
    person = signed_in()
    if person is None:
        raise NotSignedIn
    return person


def vault() -> Vault:
    """The installation's vault."""
    found: Vault = current_app.extensions["portal.vault"]
    return found


def network() -> str:
    """Where this request comes from, as the throttle counts it."""
    return network_of(request.remote_addr)


def choose_locale() -> str:
    """The feature's language if it has one of its own, else the person's, else the cookie's, else what the browser
    prefers, else Russian.
    """
    if not has_request_context():
        return DEFAULT_LOCALE
    feature = current_app.blueprints.get(request.blueprint or "")
    if isinstance(feature, Feature) and feature.locale is not None:
        return feature.locale
    person = signed_in()
    if person is not None and person.locale in LOCALES:
        return person.locale
    chosen = request.cookies.get("__Host-locale")
    if chosen in LOCALES:
        return chosen
    return request.accept_languages.best_match(LOCALES) or DEFAULT_LOCALE


def init_app(app: Flask) -> None:
    """Opens the door; Flask-Login only carries the session's token from the cookie to the loader."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)

    @manager.user_loader
    def load(token: str) -> SignedIn | None:
        return sessions.find_signed_in(vault(), token)

    app.extensions["portal.door"] = CabinetDoor()
