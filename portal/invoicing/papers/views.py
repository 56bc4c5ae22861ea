"""«Счета-фактуры и акты»: the papers and the statements of months that are over."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.billing import statements
from portal.billing.views import sum_labels
from portal.invoicing.feature import invoicing
from portal.web import htmx
from portal.web.access import Permission


@invoicing.get("/documents", needs=Permission.SEE_MONEY)
def documents() -> ResponseReturnValue:
    return htmx.render("invoicing/documents.html", statements=statements.closed_months())


@invoicing.get("/documents/<int:year>/<int:month>", needs=Permission.SEE_MONEY)
def statement(year: int, month: int) -> ResponseReturnValue:
    found = statements.find_statement(year, month)
    rates = statements.rate_sums(found)
    return htmx.render("invoicing/statement.html", statement=found, rates=rates, labels=sum_labels())
