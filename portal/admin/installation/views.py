"""Pages about the installation itself."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.audit import audit
from portal.accounts.door import person_here
from portal.accounts.visits.queries import administrators_to_visit
from portal.admin.feature import feature
from portal.admin.installation.figures import figures, periodic_rows
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.lives import SILENT_AFTER
from portal.kernel.mail import queue
from portal.kernel.mail.outbox import is_mail_set, send_mail
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks import words
from portal.webhooks.failing import failing_page
from portal.webhooks.urls import redacted


@feature.get("/processes", needs=Permission.OPERATE)
def health() -> ResponseReturnValue:
    silent_after = int(SILENT_AFTER.total_seconds())
    return htmx.render("admin/health.html", figures=figures(), periodic=periodic_rows(), silent_after=silent_after)


@feature.get("/webhooks", needs=Permission.OPERATE)
def failing_webhooks() -> ResponseReturnValue:
    state = request.args.get("state", "")
    is_off = {"failing": False, "off": True}.get(state)
    page = failing_page(NewestFirst.read(request.args.get("page", "")), is_off=is_off)
    chosen = {"state": state} if is_off is not None else {}
    hosts = administrators_to_visit({row.account_id for row in page.rows})
    return htmx.render("admin/webhooks.html", page=page, chosen=chosen, hosts=hosts, words=words, redacted=redacted)


@feature.get("/mail", needs=Permission.OPERATE)
def mail() -> ResponseReturnValue:
    is_given_up = request.args.get("state") == "given-up"
    page = queue.mail_page(NewestFirst.read(request.args.get("page", "")), is_given_up=is_given_up)
    return htmx.render(
        "admin/mail.html",
        page=page,
        is_given_up=is_given_up,
        figures=queue.mail_figures(),
        is_set=is_mail_set(),
        sender=current_app.extensions["portal.settings"].mail_from,
        own_email=person_here().email,
    )


@feature.post("/mail/test", needs=Permission.OPERATE)
def send_test_mail() -> ResponseReturnValue:
    """To the operator's own address: this page sends nothing to anybody else."""
    person = person_here()
    if not send_mail(person.email, _("A test of your cabinet's mail"), _("It arrived: mail works.") + "\n"):
        raise Refused(_("No mail server is set: PORTAL_MAIL_URL and PORTAL_MAIL_FROM say which."))
    audit("mail.test", person.email)
    return htmx.done(_("A test is on its way to %(email)s.", email=person.email), back_to=url_for("admin.mail"))


@feature.post("/mail/<int:mail_id>/now", needs=Permission.OPERATE)
def send_mail_now(mail_id: int) -> ResponseReturnValue:
    found = queue.send_now(mail_id)
    audit("mail.now", found.recipient)
    return htmx.done(_("It is tried at once."), back_to=url_for("admin.mail"))


@feature.post("/mail/<int:mail_id>/discard", needs=Permission.OPERATE)
def discard_mail(mail_id: int) -> ResponseReturnValue:
    found = queue.discard(mail_id)
    state = "given-up" if found.given_up_at else None
    audit("mail.discard", found.recipient)
    return htmx.done(_("It is sent to nobody."), back_to=url_for("admin.mail", state=state))
