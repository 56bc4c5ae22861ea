"""«Статистика платежей»."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.billing import queries
from portal.billing.models import EntryKind
from portal.billing.views.feature import feature
from portal.billing.words import entry_labels
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission


@feature.get("/payments", needs=Permission.SEE_MONEY)
def payments() -> ResponseReturnValue:
    cursor = NewestFirst.read(request.args.get("page", ""))
    page = queries.ledger_page(cursor, kinds=[EntryKind.PAYMENT])
    return htmx.render("billing/payments.html", page=page, months=queries.months(), labels=entry_labels())
