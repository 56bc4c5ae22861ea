"""Whether a webhook's receiver can be reached, without sending it anything."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.kernel.db import db
from portal.kernel.http import Failed, Reached
from portal.web import htmx
from portal.web.access import Permission
from portal.webhooks import queries
from portal.webhooks.pages.views.feature import door, feature

_SECONDS = 10.0


@feature.post("/<int:webhook_id>/check", needs=Permission.MANAGE_INTEGRATION, writes=False)
def check(webhook_id: int) -> ResponseReturnValue:
    """Name, connection, TLS and the certificate's end; a GET could have effects, so none is sent."""
    hook = queries.webhook_row(webhook_id).webhook
    # A receiver may take its time: no transaction stays open meanwhile.
    db.session.expunge_all()
    db.session.rollback()
    found: Reached | None = None
    failure: Failed | None = None
    try:
        found = door().check_reachable(hook.url, deadline_seconds=_SECONDS)
    except Failed as error:
        failure = error
    return htmx.render(
        "webhooks/check.html", fragment="webhooks/_check.html", webhook=hook, found=found, failure=failure
    )
