"""The frame of every page: side menu in groups, each in the seed's order, header, preferences. Part of the
composition root.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import Flask, current_app, g, request, url_for
from sqlalchemy import ScalarSelect, Select, select
from werkzeug.local import LocalProxy

from portal import bars
from portal.accounts.door import signed_in
from portal.accounts.person import SignedIn
from portal.followups import queries as followups
from portal.helpdesk.queries import open_count as open_questions
from portal.helpdesk.queries import unread_count
from portal.invoicing.papers.queries import waiting_bills
from portal.jobs.views import jobs_going_on
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.tenancy import Scope, current_scope
from portal.web import htmx, live, nav
from portal.web.access import Permission
from portal.web.nav import Entry, NavItem, Section


def _open_follow_ups() -> ScalarSelect[int]:
    return followups.count(followups.Show.OPEN)


ENTRIES: tuple[Entry, ...] = (
    Entry("overview.index", lambda: _("Overview"), "dashboard", "work", Permission.SEE_CALLS),
    Entry("calls.index", lambda: _("Calls"), "calls", "work", Permission.SEE_CALLS),
    Entry("followups.index", lambda: _("Missed calls"), "missed", "work", Permission.SEE_CALLS, count=_open_follow_ups),
    Entry("jobs.index", lambda: _("Tasks"), "history", "work", Permission.SEE_CALLS, count=jobs_going_on),
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
        count=unread_count,
    ),
    Entry("offer.index", lambda: _("Offer"), "offer", "cabinet", Permission.SIGNED_IN),
    Entry("accounts.people", lambda: _("Users"), "users", "office", Permission.MANAGE_USERS),
    Entry("accounts.audit", lambda: _("Audit"), "eye", "office", Permission.SEE_AUDIT),
    Entry("recordings.keeping", lambda: _("Storage of records"), "mic", "office", Permission.MANAGE_RECORDS),
    Entry("admin.accounts", lambda: _("Accounts"), "users", "customers", Permission.OPERATE),
    Entry("desk.inbox", lambda: _("Support inbox"), "inbox", "customers", Permission.OPERATE, count=open_questions),
    Entry("offer_desk.edit", lambda: _("Offer for all accounts"), "offer", "customers", Permission.OPERATE),
    Entry("tariffs.index", lambda: _("Tariffs"), "chart", "money", Permission.OPERATE),
    Entry("invoicing_desk.bills", lambda: _("Bills"), "wallet", "money", Permission.OPERATE, count=waiting_bills),
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
        "locale": language().code,
        "theme": person.theme if person else request.cookies.get("__Host-theme", "auto"),
        "current_user": person,
        "account": account,
        "standing_notices": _when_asked(lambda: bars.standing(_counted())) if person else [],
        "nav": _when_asked(_menu) if person else {},
        "nav_groups": nav.groups(),
        "flashes": htmx.flashes(),
        "header": _when_asked(bars.header_money) if account and _may(Permission.SEE_MONEY) else None,
        "live_url": url_for("accounts.live", since=live.stamp()) if account else None,
        "preferences": {"url": url_for("accounts.set_preferences"), "next": request.full_path.rstrip("?")},
        "alerts": _when_asked(lambda: bars.alerts(_counted())) if account else [],
        "alerts_url": _alerts_url() if account else None,
        "page_notices": _when_asked(bars.notices) if account else [],
        "has_capture": current_app.extensions["portal.settings"].capture_pages,
        "is_demo": current_app.extensions["portal.settings"].is_demo,
    }
    return frame


def _when_asked(read: Callable[[], object]) -> LocalProxy[object]:
    """What a template may ask for more than once: read the first time, and never for a fragment that does not ask."""
    return LocalProxy(cache(read))


def _menu() -> dict[Section, list[NavItem]]:
    person = signed_in()
    return nav.items(nav.open_entries(ENTRIES, person.permissions), _counted()) if person else {}


def _counted() -> Mapping[str, int]:
    """What the frame counts, asked in one statement: by the endpoint of the menu's entry, or of the bar's page.

    What is an account's only on its pages, what is the operator's on the console; nothing at a refusal at the door.
    """
    if "counted" not in g:
        person, scope = signed_in(), current_scope()
        g.counted = _count(person, scope) if person is not None and scope is not None else {}
    counted: Mapping[str, int] = g.counted
    return counted


def _count(person: SignedIn, scope: Scope) -> dict[str, int]:
    kept: dict[object, tuple[list[str], Select[Any]]] = current_app.extensions.setdefault("portal.counted", {})
    is_console = scope.account_id is None
    names, statement = kept.get((person.permissions, is_console)) or _counting(person.permissions, is_console)
    # Built once for each set of rights: it takes as long as two rows of a table.
    kept[person.permissions, is_console] = names, statement
    return dict(zip(names, db.session.execute(statement, bars.asked_by(person)).one(), strict=True)) if names else {}


def _counting(permissions: frozenset[Permission], is_console: bool) -> tuple[list[str], Select[Any]]:  # noqa: FBT001
    asked: dict[str, Any] = {
        entry.endpoint: entry.count()
        for entry in nav.open_entries(ENTRIES, permissions)
        if entry.count and (entry.needs is Permission.OPERATE) is is_console
    }
    if not is_console:
        asked |= {name: bar.scalar_subquery() for name, bar in bars.questions(permissions).items()}
    return list(asked), select(*asked.values())


def _alerts_url() -> str | None:
    """Where a page fetches the bar again."""
    if _may(Permission.MANAGE_INTEGRATION):
        return url_for("webhooks.alerts")
    return url_for("billing.alerts") if _may(Permission.SEE_MONEY) else None


def _may(permission: str) -> bool:
    """For templates: `{% if may("manage-integration") %}`."""
    person = signed_in()
    return person is not None and Permission(permission) in person.permissions
