"""The figures of the first page, each with the list that it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import url_for

from portal.billing.queries import header
from portal.calls.queries import today
from portal.followups import queries as followups
from portal.followups.queries import Show
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.telephony.engine import CallOutcome
from portal.web.filters import money, number, percent, zone
from portal.webhooks.queries import WebhookRow
from portal.webhooks.words import cause


@dataclass(frozen=True, slots=True)
class Figure:
    """A tile: what it counts, the figure, where the list is, what it compares with (`tone`: `good`, `bad` or none)."""

    label: str
    value: str
    url: str
    note: str
    icon: str
    tone: str = ""


def day_figures() -> list[Figure]:
    """Calls of today until now, beside those of the same day last week until the same hour."""
    counted = today(zone())
    day = counted.day.isoformat()
    tiles = [
        (_("Calls today"), "calls", None, counted.now.calls, counted.week_ago.calls),
        (_("Answered"), "answered", CallOutcome.ANSWERED, counted.now.answered, counted.week_ago.answered),
        (_("Missed"), "missed", CallOutcome.MISSED, counted.now.missed, counted.week_ago.missed),
    ]
    return [
        Figure(
            label=label,
            value=number(count),
            url=url_for("calls.index", **_query(day, outcome)),
            note=_("%(count)s a week ago by this hour", count=number(before)),
            icon=icon,
            tone="bad" if outcome == CallOutcome.MISSED and count > before else "",
        )
        for label, icon, outcome, count, before in tiles
    ]


def follow_up_figure() -> Figure:
    """The clients who are still to be called back, and for how many of them it is late."""
    waiting, late = followups.counts(Show.OPEN, Show.OVERDUE)
    return Figure(
        label=_("To call back"),
        value=number(waiting),
        url=url_for("followups.index", show=Show.OVERDUE.value if late else None),
        note=ngettext("%(num)s overdue", "%(num)s overdue", late) if late else _("nothing is overdue"),
        icon="outgoing",
        tone="bad" if late else "",
    )


def _query(day: str, outcome: CallOutcome | None) -> dict[str, Any]:
    return {"from": day, "to": day, "outcome": outcome}


def delivery_figure(webhooks: Sequence[WebhookRow]) -> Figure:
    """How many of the last notices arrived, over all webhooks."""
    bars = [bar for row in webhooks for bar in row.bars if bar != "none"]
    arrived = bars.count("ok")
    lost = bars.count("fail")
    if not webhooks:
        note = _("No webhook yet")
    elif not bars:
        note = _("Nothing was sent yet")
    elif lost:
        note = ngettext("%(num)s did not arrive", "%(num)s did not arrive", lost)
    else:
        note = _("%(arrived)s of the last %(count)s", arrived=number(arrived), count=number(len(bars)))
    return Figure(
        label=_("Notices delivered"),
        value=percent(arrived / len(bars)) if bars else "\N{EN DASH}",
        url=url_for("integration.index", _anchor="webhook-list"),
        note=note,
        icon="webhook",
        tone="bad" if lost else "",
    )


def money_figure() -> Figure:
    """The balance, and how long it lasts."""
    account = header()
    days = account.days_left
    lasts = account.tariff_name if days is None else ngettext("Enough for %(num)s day", "Enough for %(num)s days", days)
    return Figure(
        label=_("Balance"),
        value=money(account.balance),
        url=url_for("billing.balance"),
        note=lasts,
        icon="wallet",
        tone="bad" if account.balance <= 0 or (days is not None and days < 3) else "",
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """A webhook whose last try came to nothing: whose server, why, and its page."""

    host: str
    why: str
    url: str


def troubles(webhooks: Sequence[WebhookRow]) -> list[Trouble]:
    """The webhooks that do not get through at present."""
    return [
        Trouble(
            host=urlsplit(row.webhook.url).netloc.rpartition("@")[2],
            why=cause(row.last_status, row.last_failure),
            url=url_for("webhooks.webhook", webhook_id=row.webhook.id),
        )
        for row in webhooks
        if row.is_failing
    ]
