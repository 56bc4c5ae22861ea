"""What stands over every page about money."""

from __future__ import annotations

from flask import url_for

from portal.accounts.models import Account
from portal.billing.alerts.services import open_alerts
from portal.billing.alerts.words import explanation, title
from portal.billing.models import LedgerFault, MoneyAlertKind
from portal.billing.queries import HeaderMoney, open_faults
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.kernel.money import ZERO


def alert_lines(user_id: int, back: str) -> list[dict[str, object]]:
    """The warnings that this person has not put away."""
    return [
        {
            "id": f"money-{alert.id}",
            "kind": "wait",
            "title": title(MoneyAlertKind(alert.kind)),
            "text": explanation(MoneyAlertKind(alert.kind)),
            "url": url_for("billing.balance"),
            "dismiss_url": url_for("billing.dismiss_alert", money_alert_id=alert.id),
            "back": back,
        }
        for alert in open_alerts(user_id)
    ]


def standing_lines(account: Account, money: HeaderMoney) -> list[dict[str, str]]:
    """Why no paid call can be placed now, until that is over."""
    if account.is_blocked:
        return [
            {
                "kind": "bad",
                "title": _("The account is blocked."),
                "text": _("It places no outgoing calls; incoming calls go on. Ask your provider why."),
                "action_url": url_for("helpdesk.index"),
                "action_label": _("Technical support"),
            }
        ]
    if money.tariff_name and money.balance <= ZERO and money.included <= ZERO:
        return [
            {
                "kind": "bad",
                "title": _("There is no money on the account."),
                "text": _("Paid outgoing calls are refused until it is topped up; incoming calls go on."),
                "action_url": url_for("invoicing.top_up"),
                "action_label": _("Top up the balance"),
            }
        ]
    return []


def operator_lines() -> list[dict[str, str]]:
    """For the operator: accounts whose books do not agree."""
    faults: list[LedgerFault] = list(open_faults())
    if not faults:
        return []
    numbers = ", ".join(str(number) for number in sorted({fault.account_id for fault in faults})[:10])
    return [
        {
            "kind": "bad",
            "title": ngettext(
                "The books of %(num)s account do not agree.", "The books of %(num)s accounts do not agree.", len(faults)
            ),
            "text": _("Accounts: %(numbers)s. Look closer with: portal ledger verify", numbers=numbers),
            "action_url": url_for("admin.accounts"),
            "action_label": _("Accounts"),
        }
    ]
