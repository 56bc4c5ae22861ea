"""The list as a page shows it: which of the missed calls, in which order, and how fast they are returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flask import request, url_for

from portal.accounts.door import person_here
from portal.contacts.names import code_names
from portal.followups import queries, rules
from portal.followups.forms import RuleForm
from portal.followups.queries import Order, Returned, Show
from portal.kernel import clock
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import NewestFirst
from portal.web.filters import zone

E = TypeVar("E", bound=StrEnum)
_WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Tab:
    """One of several lists or orders that exclude each other."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


def saved_rule() -> RuleForm:
    """The form of how soon a missed call is due, as it is set."""
    return RuleForm(formdata=None, minutes=rules.minutes()).as_saved()


def listing(rule_form: RuleForm | None = None) -> dict[str, Any]:
    """What `followups/index.html` and its list show for this address."""
    show, order = _read(Show, "show", Show.OPEN), _read(Order, "sort", Order.DUE)
    user_id = person_here().user_id
    page = queries.follow_up_page(show, order, user_id, NewestFirst.read(request.args.get("page", "")))
    here = _query(show, order)
    return {
        "show": show,
        "tabs": _tabs(show, order, user_id),
        "orders": [] if show is Show.CLOSED else _orders(show, order),
        "rows": page.rows,
        "names": code_names([row.number for row in page.rows]),
        "figures": _figures(),
        "here": url_for("followups.index", **here),
        "previous_url": url_for("followups.index", page=page.previous, **here) if page.previous else None,
        "next_url": url_for("followups.index", page=page.next, **here) if page.next else None,
        "rule_form": rule_form or saved_rule(),
        "minutes": rules.minutes(),
    }


def _read(kind: type[E], name: str, otherwise: E) -> E:
    text = request.args.get(name, "")
    return kind(text) if text in list(kind) else otherwise


def _query(show: Show, order: Order) -> dict[str, Any]:
    return {
        "show": show.value if show is not Show.OPEN else None,
        "sort": order.value if order is not Order.DUE else None,
    }


def _tabs(show: Show, order: Order, user_id: int) -> list[Tab]:
    labels = {
        Show.OPEN: _("To call back"),
        Show.MINE: _("Mine"),
        Show.OVERDUE: _("Overdue"),
        Show.CLOSED: _("Done"),
    }
    open_ones: list[Show] = [each for each in labels if each is not Show.CLOSED]
    counts = dict(zip(open_ones, queries.counts(*open_ones, user_id=user_id), strict=True))
    return [
        Tab(label, url_for("followups.index", **_query(each, order)), each is show, counts.get(each))
        for each, label in labels.items()
    ]


def _orders(show: Show, order: Order) -> list[Tab]:
    labels = {Order.DUE: _("By due time"), Order.NEWEST: _("Newest first")}
    return [
        Tab(label, url_for("followups.index", **_query(show, each)), each is order) for each, label in labels.items()
    ]


def _figures() -> list[tuple[str, Returned]]:
    today = clock.start_of_day(clock.now(), zone())
    return [(_("Today"), queries.returned(today)), (_("7 days"), queries.returned(today - _WEEK))]
