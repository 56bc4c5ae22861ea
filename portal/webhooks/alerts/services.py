"""A change becomes a line on every page of the account's admins, and mail to each of them where mail is set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import contains_eager

from portal.accounts.admins import Notice, admins_of
from portal.kernel.bells import live_topic
from portal.kernel.clock import now
from portal.kernel.db import announce, db, ring, upsert
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import speaking
from portal.kernel.mail.outbox import is_mail_set, send_mail
from portal.webhooks.alerts.models import AlertKind, DismissedAlert, WebhookAlert
from portal.webhooks.alerts.words import mail_about
from portal.webhooks.events import WebhookFailing, WebhookRecovered, WebhookSwitchedOff
from portal.webhooks.models import WebhookSubscription

SHOWN_FOR = timedelta(days=14)


def on_failing(event: WebhookFailing) -> None:
    """See `webhooks.events`."""
    _alert(event.webhook, AlertKind.FAILING)


def on_switched_off(event: WebhookSwitchedOff) -> None:
    """See `webhooks.events`."""
    _alert(event.webhook, AlertKind.SWITCHED_OFF)


def on_recovered(event: WebhookRecovered) -> None:
    """See `webhooks.events`."""
    _alert(event.webhook, AlertKind.RECOVERED)


def open_ones() -> Select[WebhookAlert]:
    """The latest change of each webhook that a person has not put away, to be asked for with `asked_by`."""
    latest = select(func.max(WebhookAlert.id)).where(WebhookAlert.at > bindparam("alerts_since"))
    read = select(DismissedAlert.alert_id).where(DismissedAlert.user_id == bindparam("viewer_id"))
    return (
        select(WebhookAlert)
        .join(WebhookAlert.subscription)
        .where(
            WebhookAlert.id.in_(latest.group_by(WebhookAlert.subscription_id)),
            WebhookAlert.id.not_in(read),
            WebhookSubscription.removed_at.is_(None),
        )
    )


def asked_by(user_id: int) -> dict[str, Any]:
    """The values of `open_ones` for a person, now."""
    return {"viewer_id": user_id, "alerts_since": now() - SHOWN_FOR}


def open_alerts(user_id: int) -> Sequence[WebhookAlert]:
    """The same with their webhooks, the newest first."""
    ones = open_ones().options(contains_eager(WebhookAlert.subscription))
    return db.session.scalars(ones.order_by(WebhookAlert.id.desc()), asked_by(user_id)).all()


def dismiss_alert(alert_id: int, user_id: int) -> None:
    """This person has read it; the others still see it. Raises `NotFound`."""
    if db.session.scalar(select(WebhookAlert.id).where(WebhookAlert.id == alert_id)) is None:
        raise NotFound(_("There is no such notice."))
    upsert(DismissedAlert, {"alert_id": alert_id, "user_id": user_id}, key=["account_id", "alert_id", "user_id"])
    announce("alerts-changed")


def _alert(hook: WebhookSubscription, kind: AlertKind) -> None:
    """In the transaction that notes the change, which may see all accounts: the row is stamped here."""
    db.session.add(WebhookAlert(account_id=hook.account_id, subscription_id=hook.id, kind=kind, at=now()))
    ring(live_topic(hook.account_id, "alerts-changed"))
    if not is_mail_set():
        return
    for admin in admins_of(hook.account_id, Notice.WEBHOOKS):
        with speaking(admin.locale):
            send_mail(admin.email, *mail_about(hook, kind))
