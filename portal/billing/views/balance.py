"""The balance, its ledger and months."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.billing import queries
from portal.billing.views.feature import feature
from portal.billing.words import entry_labels
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/balance", needs=Permission.SEE_MONEY)
def balance() -> ResponseReturnValue:
    return htmx.render(
        "billing/balance.html",
        page=queries.ledger_page(NewestFirst.read(request.args.get("page", ""))),
        months=queries.months(),
        labels=entry_labels(),
    )


@feature.get("/balance/header", needs=Permission.SEE_MONEY)
def header() -> ResponseReturnValue:
    return htmx.render("layout/_money.html")
