"""What tries tell about their webhook: the breaker's state, shared by all workers, and what is told of its changes."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from portal.accounts.audit import audit
from portal.kernel.db import db
from portal.kernel.events import publish
from portal.webhooks.events import WebhookFailing, WebhookRecovered, WebhookSwitchedOff
from portal.webhooks.models import DeliveryState, SubscriptionState, WebhookDelivery, WebhookSubscription
from portal.webhooks.sending import schedule
from portal.webhooks.sending.breaker import SPOTLESS, Health, after_failure, after_success
from portal.webhooks.sending.finished import Finished
from portal.webhooks.sending.schedule import Verdict
from portal.webhooks.urls import redacted

_FIELDS = [field.name for field in fields(Health)]
_WEBHOOK = cast("Table", WebhookSubscription.__table__)
_BLEMISHED = select(_WEBHOOK.c.id).where(
    _WEBHOOK.c.id.in_(bindparam("ids", expanding=True)),
    (_WEBHOOK.c.failures > 0)
    | (_WEBHOOK.c.recent_failures > 0)
    | _WEBHOOK.c.failing_since.is_not(None)
    | _WEBHOOK.c.probe_at.is_not(None),
)


def hold(session: Session, finished: Collection[Finished]) -> dict[int, WebhookSubscription]:
    """The webhooks whose state these tries may change, held until the end of the transaction.

    Success of one without a blemish changes nothing.
    Comes before any delivery is touched and in one order, so that nobody waits for each other.
    """
    ids = {each.delivery.subscription_id for each in finished}
    failed = {each.delivery.subscription_id for each in finished if each.verdict is not Verdict.DELIVERED}
    unsure = ids - failed
    touched = failed | (set(session.scalars(_BLEMISHED, {"ids": sorted(unsure)})) if unsure else set())
    if not touched:
        return {}
    held = session.scalars(
        select(WebhookSubscription)
        .where(WebhookSubscription.id.in_(touched))
        .order_by(WebhookSubscription.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {hook.id: hook for hook in held}


def note(held: dict[int, WebhookSubscription], noted: Iterable[Finished]) -> None:
    """Changes the state of the webhooks that are held by what was noted of them, and tells of each change."""
    for each in sorted(noted, key=lambda each: each.exchanged.ended_at):
        hook = held.get(each.delivery.subscription_id)
        if hook is not None:
            _judge(hook, each)


def _judge(hook: WebhookSubscription, finished: Finished) -> None:
    before = Health(**{name: getattr(hook, name) for name in _FIELDS})
    after = _after(before, finished)
    ended_at = finished.exchanged.ended_at
    is_gone = finished.verdict is Verdict.GONE and hook.state == SubscriptionState.ACTIVE
    for name, value in asdict(after).items():
        setattr(hook, name, value)
    if is_gone and hook.removed_at is None:
        _switch_off(hook, ended_at)
    elif before.failing_since is None and after.failing_since is not None:
        publish(WebhookFailing(hook))
    elif before.failing_since is not None and after.failing_since is None:
        _release(hook, ended_at)
        publish(WebhookRecovered(hook))


def _after(health: Health, finished: Finished) -> Health:
    if finished.verdict is Verdict.DELIVERED:
        return SPOTLESS if health == SPOTLESS else after_success(health)
    plan = schedule.SCHEDULES[finished.delivery.event]
    asked = finished.retry_after
    # Somebody asked for a probe while this one was in the air: it does not put that off.
    is_asked_anew = health.probe_at is not None and health.probe_at > finished.exchanged.started_at
    return after_failure(
        health,
        at=finished.exchanged.ended_at,
        retry_after=None if asked is None else min(asked, plan.longest_pause),
        is_probe=finished.delivery.is_probe and not is_asked_anew,
        longest_probe=plan.longest_probe,
        chance=random.random(),  # noqa: S311 -- spreads the load, keeps no secret
    )


def _switch_off(hook: WebhookSubscription, at: datetime) -> None:
    """The receiver said that it is gone: nothing is sent until somebody resumes it. A paused one stays paused."""
    before, hook.state = hook.state, SubscriptionState.OFF
    hook.failing_since = hook.failing_since or at
    audit(
        "webhook.switch-off",
        redacted(hook.url),
        before={"state": before},
        after={"state": hook.state},
        account_id=hook.account_id,
    )
    publish(WebhookSwitchedOff(hook))


def _release(hook: WebhookSubscription, at: datetime) -> None:
    """It is back: what waited for another try of its own goes out as well, oldest first."""
    db.session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.subscription_id == hook.id,
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.due_at > at,
            WebhookDelivery.waits_for_id.is_(None),
        )
        .values(due_at=at)
        .execution_options(synchronize_session=False)
    )
