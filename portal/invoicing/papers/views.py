"""«Счета-фактуры и акты»: the papers of the account and the statements of months that are over."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.billing import statements
from portal.billing.ledger import local_day
from portal.billing.words import sum_labels
from portal.invoicing.drawing.files import MEDIA_TYPE, blob_of, file_name
from portal.invoicing.drawing.words import in_words
from portal.invoicing.feature import invoicing
from portal.invoicing.papers import job, queries
from portal.invoicing.papers.archive import begin_archive
from portal.invoicing.papers.content import read_content
from portal.invoicing.papers.forms import PeriodForm
from portal.invoicing.papers.models import Paper, PaperKind
from portal.invoicing.parties.queries import buyer, seller
from portal.kernel.clock import now
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.mail.outbox import is_mail_set
from portal.kernel.storage import BlobStore
from portal.web import blobs, htmx
from portal.web.access import Permission
from portal.web.blobs import Blob, content_disposition


@invoicing.get("/documents", needs=Permission.SEE_MONEY)
def documents() -> ResponseReturnValue:
    today = local_day(now())
    last = today.replace(day=1) - timedelta(days=1)
    return _documents_page(PeriodForm(formdata=None, data={"first": last.replace(month=1, day=1), "last": today}))


@invoicing.post("/documents/archive", needs=Permission.EXPORT_MONEY)
def archive() -> ResponseReturnValue:
    form = PeriodForm()
    if not form.validate():
        return _documents_page(form, 422)
    try:
        begun = begin_archive(*form.days())
    except Refused as error:
        form.refuse(error)
        return _documents_page(form, 422)
    return htmx.done(_("The archive is being packed."), back_to=url_for("jobs.job", job_id=begun.id))


@invoicing.get("/documents/papers/<int:paper_id>", needs=Permission.SEE_MONEY)
def paper(paper_id: int) -> ResponseReturnValue:
    """One paper as a page, which a printer takes too."""
    found = queries.find_paper(paper_id)
    content = read_content(found.content)
    return htmx.render(
        "invoicing/paper.html",
        paper=found,
        content=content,
        words=in_words(abs(content.total)),
        payments=queries.payments_of(found),
        corrections=queries.corrections_of(found),
        labels=job.kind_labels(),
        can_mail=is_mail_set(),
    )


@invoicing.get("/documents/papers/<int:paper_id>/file", needs=Permission.EXPORT_MONEY)
def paper_file(paper_id: int) -> ResponseReturnValue:
    """The PDF: shown in the browser, or with `?download=1` saved."""
    return answer_with(queries.find_paper(paper_id))


@invoicing.post("/documents/papers/<int:paper_id>/mail", needs=Permission.EXPORT_MONEY)
def mail_paper(paper_id: int) -> ResponseReturnValue:
    """Sends the paper to whoever asks, at the address by which he or she signs in."""
    found = queries.find_paper(paper_id)
    recipient = person_here().email
    if not job.mail_papers(recipient, [found]):
        raise Refused(_("This installation sends no mail."))
    words = _("The paper is on its way to %(email)s.", email=recipient)
    return htmx.done(words, back_to=url_for("invoicing.paper", paper_id=paper_id))


@invoicing.get("/documents/<int:year>/<int:month>", needs=Permission.SEE_MONEY)
def statement(year: int, month: int) -> ResponseReturnValue:
    found = statements.find_statement(year, month)
    rates = statements.rate_sums(found)
    return htmx.render("invoicing/statement.html", statement=found, rates=rates, labels=sum_labels())


def answer_with(found: Paper) -> ResponseReturnValue:
    """A paper's file."""
    key = blob_of(found)
    storage: BlobStore = current_app.extensions["portal.storage"]
    kind = "attachment" if request.args.get("download") else "inline"
    disposition = content_disposition(kind, file_name(found))
    return blobs.answer(Blob(key, storage.size(key) or 0, f"paper-{found.id}", MEDIA_TYPE, disposition))


def _documents_page(form: PeriodForm, status: int = 200) -> ResponseReturnValue:
    asked = request.args.get("kind", "")
    kind = PaperKind(asked) if asked in set(PaperKind) else None
    return htmx.render(
        "invoicing/documents.html",
        status=status,
        form=form,
        kind=kind,
        papers=queries.papers(kind=kind),
        labels=job.kind_labels(),
        statements=statements.closed_months(),
        has_seller=seller() is not None,
        has_buyer=buyer() is not None,
    )
