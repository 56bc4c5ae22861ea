"""«Оферта»: the version in force, those before it, what changed, and the account's acceptance."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import now
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_scope
from portal.offer import queries, services
from portal.offer.changes import changes
from portal.offer.feature import offer
from portal.offer.models import OfferVersion
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone


@offer.get("/offer", needs=Permission.SIGNED_IN)
def index() -> ResponseReturnValue:
    """The version in force, or, as `?version=2`, another one."""
    asked = request.args.get("version")
    today = now().astimezone(zone()).date()
    in_force = queries.version_in_force(today)
    version = queries.find_version(version_number(asked)) if asked is not None else in_force or queries.newest_version()
    return htmx.render(
        "offer/offer.html",
        version=version,
        in_force=in_force,
        newest=queries.newest_version(),
        versions=queries.versions(),
        changed=_changes(version),
        acceptances={each.version_id: each for each in queries.acceptances()} if _has_account() else {},
        today=today,
    )


@offer.post("/offer/accept", needs=Permission.MANAGE_COMPANY)
def accept() -> ResponseReturnValue:
    number = version_number(request.form.get("version", ""))
    services.accept(number)
    words = _("Version %(number)s of the offer is accepted.", number=number)
    return htmx.done(words, back_to=url_for("offer.index", version=number))


def version_number(text: str) -> int:
    """A version's number out of an address. Raises `NotFound` for what is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound
    return int(text)


def _changes(version: OfferVersion | None) -> object:
    before = queries.version_before(version) if version is not None else None
    return changes(before.text, version.text) if version is not None and before is not None else []


def _has_account() -> bool:
    scope = current_scope()
    return scope is not None and scope.account_id is not None
