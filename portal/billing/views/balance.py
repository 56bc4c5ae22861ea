"""The balance, its ledger and months."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue

from portal.billing import queries
from portal.billing.alerts.services import warnings_here
from portal.billing.csv_lines import csv_answer, csv_lines
from portal.billing.forms import WarningsForm
from portal.billing.ledger import local_day
from portal.billing.plans import month_terms
from portal.billing.postings import all_postings, posting_page, read_filter
from portal.billing.statistics import month_sums, read_span
from portal.billing.views.feature import feature
from portal.billing.words import entry_labels
from portal.kernel.clock import now
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.paging import NewestFirst
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import zone


@feature.get("/balance", needs=Permission.SEE_MONEY)
def balance() -> ResponseReturnValue:
    return balance_page(fragment="billing/_ledger.html")


@feature.get("/balance/header", needs=Permission.SEE_MONEY)
def header() -> ResponseReturnValue:
    return htmx.render("layout/_money.html")


@feature.get("/balance/postings.csv", needs=Permission.EXPORT_MONEY)
def postings_csv() -> ResponseReturnValue:
    choice, _notes = read_filter(request.args)
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    labels, local = entry_labels(), zone()
    columns = [_("When"), _("What"), _("Details"), _("Source"), _("Amount"), _("Included"), _("Balance after")]
    rows = (
        (e.at.astimezone(local), labels[e.kind], e.text, e.source, e.amount, e.included, e.balance_after)
        for chunk in all_postings(app, current_account_id(), choice)
        for e in chunk
    )
    return csv_answer("postings.csv", csv_lines(language().code, columns, rows))


def balance_page(
    *, fragment: str | None = None, form: WarningsForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page, or a part of it; `form` is the one of the warnings that came back with errors."""
    choice, notes = read_filter(request.args)
    return htmx.render(
        "billing/balance.html",
        fragment=fragment,
        status=status,
        choice=choice,
        notes=notes,
        page=posting_page(choice, NewestFirst.read(request.args.get("page", ""))),
        months=month_sums(read_span({})[0]),
        labels=entry_labels(),
        terms=month_terms(local_day(now()).replace(day=1)),
        pace_days=queries.PACE_DAYS,
        form=form or WarningsForm.of(warnings_here()),
    )
