"""The audit trail: each service that changes something writes one line, in its own transaction."""

from __future__ import annotations

from typing import Any

from portal.accounts.models import AuditEntry
from portal.kernel.actor import current_actor
from portal.kernel.db import db


def audit(
    action: str,
    subject: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    account_id: int | None = None,
) -> None:
    """Notes that the present actor did `action` (a verb, `webhook.add`) to `subject` (a name for people).

    Secrets never stand in `before` or `after`. `account_id` names the account where none has been entered.
    """
    actor = current_actor()
    db.session.add(
        AuditEntry(
            account_id=account_id,
            actor=actor.name,
            user_id=actor.user_id,
            address=actor.address,
            action=action,
            subject=subject[:300],
            before=before,
            after=after,
        )
    )
