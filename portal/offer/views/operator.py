"""The operator writes and publishes the offer, and sees who has accepted which version."""

from __future__ import annotations

from datetime import date

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.clock import now
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.offer import queries, services
from portal.offer.changes import changes
from portal.offer.feature import desk
from portal.offer.forms import OfferForm
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone
from portal.web.forms import row_id


@desk.get("", needs=Permission.OPERATE)
def edit() -> ResponseReturnValue:
    draft, newest = queries.draft(), queries.newest_version()
    text = draft.text if draft else newest.text if newest else ""
    return _page(OfferForm(text=text, revision=str(draft.revision if draft else 0)))


@desk.post("", needs=Permission.OPERATE)
def publish() -> ResponseReturnValue:
    """Publishes, or with `act=draft` only keeps what is written."""
    form = OfferForm()
    if not form.validate():
        return _page(form, 422)
    try:
        words = _save(form) if request.form.get("act") == "draft" else _publish(form)
    except Refused as error:
        form.refuse(error)
        return _page(form, 422)
    except Conflict as error:
        form.form_errors.append(error.message)
        return _page(form, 409)
    return htmx.done(words, back_to=url_for("offer_desk.edit"))


@desk.get("/<int:number>", needs=Permission.OPERATE)
def version(number: int) -> ResponseReturnValue:
    found = queries.find_version(number)
    before = queries.version_before(found)
    return htmx.render(
        "offer/version.html",
        version=found,
        changed=changes(before.text, found.text) if before else [],
        standings=queries.standings(found),
        can_withdraw=found.valid_from > _today(),
    )


@desk.post("/<int:number>/withdraw", needs=Permission.OPERATE)
def withdraw(number: int) -> ResponseReturnValue:
    services.withdraw(number, _today())
    words = _("Version %(number)s is taken back; its text is the draft.", number=number)
    return htmx.done(words, back_to=url_for("offer_desk.edit"))


def _save(form: OfferForm) -> str:
    services.save_draft(form.text.data or "", row_id(form.revision.data) or 0)
    return _("The draft is saved; nobody but the operator sees it.")


def _publish(form: OfferForm) -> str:
    day = form.valid_from.data or _today()
    made = services.publish(form.text.data or "", day, _today(), row_id(form.revision.data) or 0)
    return _("Version %(number)s of the offer is published.", number=made.number)


def _today() -> date:
    return now().astimezone(zone()).date()


def _page(form: OfferForm, status: int = 200) -> ResponseReturnValue:
    draft, newest = queries.draft(), queries.newest_version()
    return htmx.render(
        "offer/edit.html",
        status=status,
        form=form,
        draft=draft,
        newest=newest,
        changed=changes(newest.text, draft.text) if draft and newest else [],
        versions=queries.versions(),
        counts=queries.counts(),
        today=_today(),
    )
