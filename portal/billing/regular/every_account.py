"""One account after the other, each in a transaction of its own: one that fails keeps none of the others waiting."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy import select

from portal.accounts.models import Account
from portal.kernel.db import db, transaction

log = structlog.get_logger(__name__)


def in_every_account(run: Callable[[], object], *, what: str, writes: bool = True) -> None:
    """Calls `run` with each account entered; what it raises is logged under the name `what`."""
    with transaction(writes=False):
        account_ids = db.session.scalars(select(Account.id).order_by(Account.id)).all()
    for account_id in account_ids:
        try:
            with transaction(account_id, writes=writes):
                run()
        except Exception:
            log.exception("regular_work_on_money_failed", work=what, account=account_id)
