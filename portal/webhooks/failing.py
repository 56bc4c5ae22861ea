"""Webhooks of every account that do not get through, for whoever runs the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from portal.accounts.models import Account
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.paging import Cursor, NewestFirst, Page
from portal.webhooks.models import DeliveryState, SubscriptionState, WebhookDelivery, WebhookSubscription
from portal.webhooks.queries import WebhookRow, waiting_counts, webhook_rows

PAGE = 25
_ORDER = NewestFirst(WebhookSubscription.created_at, WebhookSubscription.id)


@dataclass(frozen=True, slots=True)
class FailingWebhook:
    """A webhook with whose it is and what waits for it."""

    account_id: int
    company: str
    row: WebhookRow
    waiting: int
    created_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How sending stands over all accounts."""

    due: int
    """Deliveries whose time has come and that no breaker, pause or rate holds back."""
    lag_seconds: float
    """For how long the first of them has been due."""
    failing: int
    """Webhooks that do not get through."""


def failing_page(cursor: Cursor | None, *, is_off: bool | None = None, limit: int = PAGE) -> Page[FailingWebhook]:
    """The newest of them first; `is_off` asks for those that were switched off, or for those that were not."""
    query = (
        select(WebhookSubscription, Account.name)
        .join(Account, Account.id == WebhookSubscription.account_id)
        .where(*_does_not_get_through())
    )
    if is_off is not None:
        off = WebhookSubscription.state == SubscriptionState.OFF
        query = query.where(off if is_off else ~off)
    found = db.session.execute(_ordered(query, cursor).limit(limit + 1)).all()
    shown = webhook_rows([hook for hook, _company in found])
    waiting = waiting_counts([hook.id for hook, _company in found])
    rows = [
        FailingWebhook(hook.account_id, company, row, waiting[hook.id], hook.created_at, hook.id)
        for (hook, company), row in zip(found, shown, strict=True)
    ]
    return _ORDER.page(rows, cursor, limit)


def _ordered(query: Any, cursor: Cursor | None) -> Select[Any]:
    return _ORDER.ordered(query, cursor)


def queue_figures() -> QueueFigures:
    """Reads the index of what is open, which stays small."""
    moment = now()
    due, first = db.session.execute(
        select(func.count(WebhookDelivery.id), func.min(WebhookDelivery.due_at))
        .join(WebhookSubscription, WebhookSubscription.id == WebhookDelivery.subscription_id)
        .where(
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.due_at <= moment,
            WebhookDelivery.waits_for_id.is_(None),
            WebhookSubscription.state == SubscriptionState.ACTIVE,
            WebhookSubscription.probe_at.is_(None),
            WebhookSubscription.next_send_at.is_(None),
        )
    ).one()
    failing = db.session.scalar(select(func.count(WebhookSubscription.id)).where(*_does_not_get_through())) or 0
    return QueueFigures(due, max(0.0, (moment - first).total_seconds()) if first else 0.0, failing)


def _does_not_get_through() -> tuple[ColumnElement[bool], ...]:
    return (
        WebhookSubscription.removed_at.is_(None),
        or_(
            WebhookSubscription.failing_since.is_not(None),
            WebhookSubscription.state == SubscriptionState.OFF,
        ),
    )
