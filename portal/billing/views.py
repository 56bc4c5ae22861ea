"""The balance, its ledger and months, payments."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.billing import queries
from portal.billing.models import EntryKind
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import Cursor, NewestFirst
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature

feature = Feature("billing", __name__)


@feature.get("/balance", needs=Permission.SEE_MONEY)
def balance() -> ResponseReturnValue:
    return htmx.render(
        "billing/balance.html",
        page=queries.ledger_page(_cursor()),
        months=queries.months(),
        labels=entry_labels(),
    )


@feature.get("/balance/header", needs=Permission.SEE_MONEY)
def header() -> ResponseReturnValue:
    return htmx.render("layout/_money.html")


@feature.get("/payments", needs=Permission.SEE_MONEY)
def payments() -> ResponseReturnValue:
    page = queries.ledger_page(_cursor(), kinds=[EntryKind.PAYMENT])
    return htmx.render("billing/payments.html", page=page, months=queries.months(), labels=entry_labels())


def _cursor() -> Cursor | None:
    return NewestFirst.read(request.args.get("page", ""))


def entry_labels() -> dict[str, str]:
    """What each kind of posting is called."""
    return {
        EntryKind.PAYMENT: _("Payment"),
        EntryKind.CALL: _("Call"),
        EntryKind.FEE: _("Monthly fee"),
        EntryKind.CORRECTION: _("Correction"),
    }


def sum_labels() -> dict[str, str]:
    """What all postings of a kind together are called."""
    return {
        EntryKind.PAYMENT: _("Payments"),
        EntryKind.CALL: _("Calls"),
        EntryKind.FEE: _("Monthly fees"),
        EntryKind.CORRECTION: _("Corrections"),
    }
