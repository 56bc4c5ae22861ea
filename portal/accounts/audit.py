"""The audit trail: each service that changes something writes one line, in its own transaction."""

from __future__ import annotations

from typing import Any

from portal.accounts.trail.chain import append
from portal.accounts.trail.models import AuditEntry, InstallationEntry
from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.logs import HIDDEN, hide, is_secret_name
from portal.kernel.tenancy import current_scope


def audit(
    action: str,
    subject: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    account_id: int | None = None,
) -> None:
    """Notes that the present actor did `action` (a verb, `webhook.add`) to `subject` (a name for people).

    It belongs to the entered account; where none is, to `account_id`, or else to the installation. Secrets do not
    belong into `before` and `after`; what has the name or the looks of one is covered.
    """
    scope = current_scope()
    account_id = account_id or (scope.account_id if scope is not None else None)
    actor = current_actor()
    facts: dict[str, Any] = {
        "at": now(),
        "actor": actor.name,
        "user_id": actor.user_id,
        "address": actor.address,
        "action": action,
        "subject": hide(subject)[:300],
        "before": _covered(before),
        "after": _covered(after),
    }
    entry = AuditEntry(account_id=account_id, **facts) if account_id else InstallationEntry(**facts)
    append(db.session(), entry)


def _covered(values: dict[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: HIDDEN if is_secret_name(name) and value else _hidden(value) for name, value in values.items()}


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return _covered(value)
    return [_hidden(part) for part in value] if isinstance(value, list | tuple) else value
