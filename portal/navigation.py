"""The frame of every page: side menu in groups, each in the seed's order, header, preferences. Part of the
composition root.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from flask import Flask, current_app, g, request, url_for
from werkzeug.local import LocalProxy

from portal.accounts.door import signed_in
from portal.billing.alerts import bar as money_bar
from portal.billing.queries import HeaderMoney, header
from portal.followups import queries as followups
from portal.helpdesk.models import ThreadState
from portal.helpdesk.queries import inbox_counts, unread_count
from portal.invoicing.papers.queries import waiting_bills
from portal.jobs.views import jobs_going_on
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.tenancy import current_scope
from portal.offer.queries import unaccepted
from portal.telephony.provider.services import provider_link
from portal.telephony.provider.state import is_provider_engine
from portal.web import htmx, live, nav
from portal.web.access import Permission
from portal.web.filters import day, moment
from portal.web.nav import Entry, NavItem
from portal.webhooks.alerts import words as alert_words
from portal.webhooks.alerts.models import AlertKind
from portal.webhooks.alerts.services import open_alerts


def _unread_answers() -> int:
    """None on pages outside of an account: the operator's, and a refusal at the door."""
    scope = current_scope()
    return unread_count() if scope is not None and scope.account_id is not None else 0


def _open_follow_ups() -> int:
    scope = current_scope()
    return followups.count(followups.Show.OPEN) if scope is not None and scope.account_id is not None else 0


def _open_jobs() -> int:
    """None on pages outside of an account."""
    scope = current_scope()
    return jobs_going_on() if scope is not None and scope.account_id is not None else 0


def _waiting_bills() -> int:
    """The operator's."""
    scope = current_scope()
    return waiting_bills() if scope is not None and scope.reason is not None else 0


def _waiting_questions() -> int:
    """The operator's."""
    scope = current_scope()
    return inbox_counts().get(ThreadState.OPEN, 0) if scope is not None and scope.reason is not None else 0


FAILURES_TO_TELL = 2
"""One answer that does not come is no news."""


ENTRIES: tuple[Entry, ...] = (
    Entry("overview.index", lambda: _("Overview"), "dashboard", "work", Permission.SEE_CALLS),
    Entry("calls.index", lambda: _("Calls"), "calls", "work", Permission.SEE_CALLS),
    Entry("followups.index", lambda: _("Missed calls"), "missed", "work", Permission.SEE_CALLS, count=_open_follow_ups),
    Entry("jobs.index", lambda: _("Tasks"), "history", "work", Permission.SEE_CALLS, count=_open_jobs),
    Entry("billing.balance", lambda: _("Balance"), "wallet", "money", Permission.SEE_MONEY),
    Entry("billing.payments", lambda: _("Payment statistics"), "chart", "money", Permission.SEE_MONEY),
    Entry("invoicing.documents", lambda: _("Invoices and acts"), "invoice", "money", Permission.SEE_MONEY),
    Entry("invoicing.company", lambda: _("Company details"), "edit", "money", Permission.SEE_MONEY),
    Entry("accounts.profile", lambda: _("Personal data"), "profile", "cabinet", Permission.OWN_PAGE),
    Entry("contacts.index", lambda: _("Address book"), "contacts", "cabinet", Permission.SEE_CALLS),
    Entry("integration.index", lambda: _("CRM integration"), "integration", "cabinet", Permission.SEE_INTEGRATION),
    Entry("description.index", lambda: _("Description"), "book", "cabinet", Permission.SIGNED_IN),
    Entry(
        "helpdesk.index",
        lambda: _("Technical support"),
        "support",
        "cabinet",
        Permission.ASK_SUPPORT,
        count=_unread_answers,
    ),
    Entry("offer.index", lambda: _("Offer"), "offer", "cabinet", Permission.SIGNED_IN),
    Entry("accounts.people", lambda: _("Users"), "users", "office", Permission.MANAGE_USERS),
    Entry("accounts.audit", lambda: _("Audit"), "eye", "office", Permission.SEE_AUDIT),
    Entry("recordings.keeping", lambda: _("Storage of records"), "mic", "office", Permission.MANAGE_RECORDS),
    Entry("admin.accounts", lambda: _("Accounts"), "users", "customers", Permission.OPERATE),
    Entry("desk.inbox", lambda: _("Support inbox"), "inbox", "customers", Permission.OPERATE, count=_waiting_questions),
    Entry("offer_desk.edit", lambda: _("Offer for all accounts"), "offer", "customers", Permission.OPERATE),
    Entry("tariffs.index", lambda: _("Tariffs"), "chart", "money", Permission.OPERATE),
    Entry("invoicing_desk.bills", lambda: _("Bills"), "wallet", "money", Permission.OPERATE, count=_waiting_bills),
    Entry("invoicing_desk.shop", lambda: _("Payments by card"), "bolt", "money", Permission.OPERATE),
    Entry("invoicing_desk.seller", lambda: _("Seller's details"), "edit", "money", Permission.OPERATE),
    Entry("admin.health", lambda: _("Processes"), "device", "installation", Permission.OPERATE),
    Entry("admin.failing_webhooks", lambda: _("Failing webhooks"), "webhook", "installation", Permission.OPERATE),
    Entry("admin.tasks", lambda: _("Tasks"), "history", "installation", Permission.OPERATE),
    Entry("admin.mail", lambda: _("Mail"), "send", "installation", Permission.OPERATE),
    Entry("accounts.sign_out", lambda: _("Sign out"), "sign-out", "out", Permission.WAY_OUT, method="post"),
)
"""Every page that a person can go to by the menu; an entry whose feature is not there is not drawn."""


def init_app(app: Flask) -> None:
    """Gives every template what the frame of a page shows, and macros too what the person may."""
    app.context_processor(_frame)
    app.jinja_env.globals["may"] = _may


def _frame() -> dict[str, object]:
    person = None if g.get("is_bare", False) else signed_in()
    account = person.account if person else None
    frame: dict[str, object] = {
        "locale": str(language().locale),
        "theme": person.theme if person else request.cookies.get("__Host-theme", "auto"),
        "current_user": person,
        "account": account,
        "standing_notices": _when_asked(_standing_notices) if person else [],
        "nav": _when_asked(_menu) if person else [],
        "nav_groups": nav.groups(),
        "flashes": htmx.flashes(),
        "header": _when_asked(_money) if account and _may(Permission.SEE_MONEY) else None,
        "live_url": url_for("accounts.live", since=live.stamp()) if account else None,
        "preferences": {"url": url_for("accounts.set_preferences"), "next": request.full_path.rstrip("?")},
        "alerts": _when_asked(_alerts) if account else [],
        "alerts_url": _alerts_url() if account else None,
        "page_notices": _when_asked(_notices) if account else [],
        "has_capture": current_app.extensions["portal.settings"].capture_pages,
        "is_demo": current_app.extensions["portal.settings"].is_demo,
    }
    return frame


def _when_asked(read: Callable[[], object]) -> LocalProxy[object]:
    """What a template may ask for more than once: read the first time, and never for a fragment that does not ask."""
    return LocalProxy(cache(read))


def _menu() -> list[NavItem]:
    person = signed_in()
    return nav.items(ENTRIES, person.permissions) if person else []


def _money() -> HeaderMoney:
    """Read once, for the header and for what stands above the page."""
    if "header_money" not in g:
        g.header_money = header()
    money: HeaderMoney = g.header_money
    return money


def _alerts_url() -> str | None:
    """Where a page fetches the bar again."""
    if _may(Permission.MANAGE_INTEGRATION):
        return url_for("webhooks.alerts")
    return url_for("billing.alerts") if _may(Permission.SEE_MONEY) else None


def _notices() -> list[dict[str, object]]:
    """What makes every page of the account older than it looks: a provider that does not answer."""
    scope = current_scope()
    if scope is None or scope.account_id is None or not is_provider_engine():
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
            "action_url": url_for("integration.provider") if _may(Permission.SEE_INTEGRATION) else None,
            "action_label": _("What is wrong"),
        }
    ]


def _alerts() -> list[dict[str, object]]:
    """None on pages outside of an account."""
    person, scope = signed_in(), current_scope()
    if person is None or scope is None or scope.account_id is None:
        return []
    back = request.full_path.rstrip("?")
    money = money_bar.alert_lines(person.user_id, back) if _may(Permission.SEE_MONEY) else []
    return [*money, *(_webhook_alerts(person.user_id, back) if _may(Permission.MANAGE_INTEGRATION) else [])]


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
        for alert in open_alerts(user_id)
    ]


def _standing_notices() -> list[dict[str, str]]:
    """What stands on every page until it is over or done."""
    person, scope = signed_in(), current_scope()
    if person is None or scope is None:
        return []
    if scope.account_id is None:
        return money_bar.operator_lines() if _may(Permission.OPERATE) and scope.reason is not None else []
    money = money_bar.standing_lines(person.account, _money()) if person.account and _may(Permission.SEE_MONEY) else []
    return [*money, *(_offer_notices() if _may(Permission.MANAGE_COMPANY) else [])]


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


def _may(permission: str) -> bool:
    """For templates: `{% if may("manage-integration") %}`."""
    person = signed_in()
    return person is not None and Permission(permission) in person.permissions
