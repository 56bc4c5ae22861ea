"""«Оферта»: the provider's offer, the version in force and those before it; the operator publishes the next."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.helpdesk import queries, services
from portal.helpdesk.feature import desk, helpdesk
from portal.helpdesk.forms import OfferForm
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission


@helpdesk.get("/offer", needs=Permission.SIGNED_IN)
def offer() -> ResponseReturnValue:
    """The version in force, or, as `?version=2`, an earlier one."""
    asked = request.args.get("version")
    version = queries.newest_offer() if asked is None else queries.offer_version(_number(asked))
    return htmx.render("helpdesk/offer.html", version=version, versions=queries.offer_versions())


@desk.get("/offer", needs=Permission.OPERATE, endpoint="offer")
def edit_offer() -> ResponseReturnValue:
    newest = queries.newest_offer()
    return _edit_page(OfferForm(text=newest.text if newest else ""))


@desk.post("/offer", needs=Permission.OPERATE)
def publish_offer() -> ResponseReturnValue:
    form = OfferForm()
    try:
        version = services.publish_offer(form.text.data or "")
    except Refused as error:
        form.refuse(error)
        return _edit_page(form, status=422)
    words = _("Version %(number)s of the offer is published.", number=version.number)
    return htmx.done(words, back_to=url_for("desk.offer"))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFound
    return int(text)


def _edit_page(form: OfferForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render("helpdesk/edit_offer.html", status=status, form=form, versions=queries.offer_versions())
