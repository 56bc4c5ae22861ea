"""Who is likely to call: for test calls and the demo's own traffic."""

from __future__ import annotations

from sqlalchemy import select

from portal.contacts.models import ContactNumber
from portal.kernel.db import transaction

ENOUGH = 100


def known_callers(account_id: int) -> list[str]:
    """Numbers from the account's address book, the first hundred. Opens its own transaction."""
    with transaction(account_id, writes=False) as session:
        return list(session.scalars(select(ContactNumber.number).order_by(ContactNumber.id).limit(ENOUGH)))
