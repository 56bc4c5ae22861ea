"""What stands above every page: alerts until they are put away, notices until they are over. Part of the composition
root.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Select, func, select

from portal.accounts.door import signed_in
from portal.accounts.person import SignedIn
from portal.billing.alerts import bar as money_bar
from portal.billing.alerts import services as money_alerts
from portal.billing.queries import HeaderMoney, header
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_scope
from portal.offer.queries import unaccepted, unaccepted_version
from portal.telephony.provider.services import provider_link
from portal.telephony.provider.state import is_provider_engine
from portal.web.access import Permission
from portal.web.filters import day, moment
from portal.webhooks.alerts import services as webhook_alerts
from portal.webhooks.alerts import words as alert_words
from portal.webhooks.alerts.models import AlertKind

FAILURES_TO_TELL = 2
"""One answer that does not come is no news."""
_MONEY, _WEBHOOKS, _OFFER = "billing.alerts", "webhooks.alerts", "offer.index"
"""The names of what is counted: the pages where it is read."""


def header_money() -> HeaderMoney:
    """Read once, for the header and for what stands above the page."""
    if "header_money" not in g:
        g.header_money = header()
    money: HeaderMoney = g.header_money
    return money


def questions(permissions: frozenset[Permission]) -> dict[str, Select[Any]]:
    """How much of each there is, to be asked with what else the frame counts: most pages have none to read.

    With the values of `asked_by`.
    """
    bars = {
        _MONEY: (Permission.SEE_MONEY, money_alerts.open_ones()),
        _WEBHOOKS: (Permission.MANAGE_INTEGRATION, webhook_alerts.open_ones()),
        _OFFER: (Permission.MANAGE_COMPANY, unaccepted_version()),
    }
    return {
        name: select(func.count()).select_from(rows.subquery())
        for name, (needs, rows) in bars.items()
        if needs in permissions
    }


def asked_by(person: SignedIn) -> dict[str, Any]:
    """The values of `questions`, now."""
    return webhook_alerts.asked_by(person.user_id)


def alerts(counted: Mapping[str, int]) -> list[dict[str, object]]:
    """What has changed for the worse and this person has not put away."""
    person = signed_in()
    if person is None:
        return []
    back = request.full_path.rstrip("?")
    money = money_bar.alert_lines(person.user_id, back) if counted.get(_MONEY) else []
    return [*money, *(_webhook_alerts(person.user_id, back) if counted.get(_WEBHOOKS) else [])]


def _webhook_alerts(user_id: int, back: str) -> list[dict[str, object]]:
    return [
        {
            "id": alert.id,
            "kind": alert_words.TONES[AlertKind(alert.kind)],
            "title": alert_words.title(AlertKind(alert.kind)),
            "text": alert_words.told(alert.subscription, AlertKind(alert.kind)),
            "url": url_for("webhooks.webhook", webhook_id=alert.subscription_id),
            "dismiss_url": url_for("webhooks.dismiss_alert", alert_id=alert.id),
            "back": back,
        }
        for alert in webhook_alerts.open_alerts(user_id)
    ]


def notices() -> list[dict[str, object]]:
    """What makes every page of the account older than it looks: a provider that does not answer."""
    person, scope = signed_in(), current_scope()
    if person is None or scope is None or scope.account_id is None or not is_provider_engine():
        return []
    link = provider_link()
    if link is None or not link.is_on or link.failures < FAILURES_TO_TELL:
        return []
    age = moment(link.good_at) if link.good_at else _("never")
    return [
        {
            "kind": "wait",
            "title": _("The provider does not answer as it should."),
            "text": _("Calls are shown as they were at its last good answer: %(moment)s.", moment=age),
            "action_url": url_for("integration.provider") if Permission.SEE_INTEGRATION in person.permissions else None,
            "action_label": _("What is wrong"),
        }
    ]


def standing(counted: Mapping[str, int]) -> list[dict[str, str]]:
    """What stands on every page until it is over or done."""
    person, scope = signed_in(), current_scope()
    if person is None or scope is None:
        return []
    if scope.account_id is None:
        is_console = scope.reason is not None and Permission.OPERATE in person.permissions
        return money_bar.operator_lines() if is_console else []
    sees_money = Permission.SEE_MONEY in person.permissions
    money = money_bar.standing_lines(person.account, header_money()) if person.account and sees_money else []
    return [*money, *(_offer_notices() if counted.get(_OFFER) else [])]


def _offer_notices() -> list[dict[str, str]]:
    """A version of the offer that waits for acceptance."""
    version = unaccepted()
    if version is None or request.endpoint == "offer.index":
        return []
    return [
        {
            "kind": "info",
            "title": _("There is a new version of the offer."),
            "text": _(
                "Version %(number)s is in force from %(day)s.", number=version.number, day=day(version.valid_from)
            ),
            "action_url": url_for("offer.index", version=version.number),
            "action_label": _("Read and accept"),
        }
    ]
