"""Statements of closed months."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.billing import statements
from portal.billing.views.feature import feature
from portal.billing.words import sum_labels
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/documents", needs=Permission.SEE_MONEY)
def documents() -> ResponseReturnValue:
    return htmx.render("billing/documents.html", statements=statements.closed_months())


@feature.get("/documents/<int:year>/<int:month>", needs=Permission.SEE_MONEY)
def statement(year: int, month: int) -> ResponseReturnValue:
    found = statements.find_statement(year, month)
    rates = statements.rate_sums(found)
    return htmx.render("billing/statement.html", statement=found, rates=rates, labels=sum_labels())
