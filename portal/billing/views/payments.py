"""«Статистика платежей»."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.billing.csv_lines import csv_answer, csv_lines
from portal.billing.models import EntryKind
from portal.billing.postings import PostingFilter, posting_page
from portal.billing.statistics import Dimension, Share, Span, month_choices, month_sums, read_span, shares
from portal.billing.views.feature import feature
from portal.billing.words import direction_labels, entry_labels
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.paging import NewestFirst
from portal.telephony.queries import dids
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import month


@feature.get("/payments", needs=Permission.SEE_MONEY)
def payments() -> ResponseReturnValue:
    span, notes = read_span(request.args)
    choice = PostingFilter(EntryKind.PAYMENT)
    return htmx.render(
        "billing/payments.html",
        span=span,
        notes=notes,
        choices=month_choices(span),
        months=month_sums(span),
        parts=[(by, _named(by, shares(span, by))) for by in Dimension],
        page=posting_page(choice, NewestFirst.read(request.args.get("page", ""))),
        labels=entry_labels(),
    )


@feature.get("/payments/table.csv", needs=Permission.EXPORT_MONEY)
def payments_csv() -> ResponseReturnValue:
    span, _notes = read_span(request.args)
    by = request.args.get("by", "months")
    if by == "months":
        headings, rows = _month_rows(span)
    elif by in set(Dimension):
        headings = [_("Title"), _("Calls"), _("Talk, seconds"), _("Cost")]
        rows = [(s.name, s.calls, s.talk_seconds, s.cost) for s in _named(Dimension(by), shares(span, Dimension(by)))]
    else:
        raise NotFound
    return csv_answer(f"{by}.csv", csv_lines(language().code, headings, rows))


def _month_rows(span: Span) -> tuple[list[str], list[tuple[Any, ...]]]:
    headings = [
        _("Month"), _("Paid in"), _("Calls"), _("Covered by what is included"), _("Monthly fees"), _("Corrections"),
        _("Spent"),
    ]  # fmt: skip
    return headings, [
        (month(m.first_day), m.paid, m.calls, m.included, m.fees, m.corrections, m.spent) for m in month_sums(span)
    ]


def _named(by: Dimension, found: Sequence[Share]) -> list[Share]:
    """With the names that people know."""
    if by is Dimension.DIRECTION:
        names = direction_labels()
    elif by is Dimension.LINE:
        names = {did.number: f"{did.number} {did.label}".strip() for did in dids()}
    else:
        names = {}
    return [Share(names.get(s.name, s.name), s.calls, s.talk_seconds, s.cost) for s in found]
