"""What is said when money is short: in the bar over each page, and in mail."""

from __future__ import annotations

from decimal import Decimal

from flask import current_app

from portal.accounts.models import Account
from portal.billing.models.alert import MoneyAlertKind
from portal.kernel.config import Settings
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.web.filters import money


def title(kind: MoneyAlertKind) -> str:
    """A few words."""
    return {
        MoneyAlertKind.LOW: _("The balance is low."),
        MoneyAlertKind.SHORT: _("The money will soon run out."),
    }[kind]


def explanation(kind: MoneyAlertKind) -> str:
    """What it means and what to do."""
    return {
        MoneyAlertKind.LOW: _("It fell below the sum that you have set. Without money no paid call can be placed."),
        MoneyAlertKind.SHORT: _("At today's pace it is used up within the days that you have set."),
    }[kind]


def mail_about(kind: MoneyAlertKind, amount: Decimal) -> tuple[str, str]:
    """Subject and text, in the language that is being spoken."""
    settings: Settings = current_app.extensions["portal.settings"]
    account = db.session.get_one(Account, current_account_id())
    # By its path alone: a worker answers no request whose address it could take.
    path = current_app.url_map.bind("").build("billing.balance")
    where = f"{settings.public_url}{path}" if settings.public_url else _("In the cabinet: Balance.")
    on_it = _("%(company)s: %(sum)s on the account.", company=account.name, sum=money(amount, account.currency))
    return title(kind), "\n".join((title(kind), "", on_it, explanation(kind), "", where, ""))
