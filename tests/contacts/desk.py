"""What the tests of people have on their desk: SIP accounts and CRM users of an account."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from portal.accounts.trail.models import AuditEntry
from portal.contacts import services
from portal.contacts.queries import crm_users
from portal.kernel.db import db, transaction
from portal.telephony.models import SipLine


@contextmanager
def inside(app: Flask, account_id: int) -> Iterator[None]:
    """A transaction of this account."""
    with app.app_context(), transaction(account_id):
        yield


def add_lines(app: Flask, account_id: int, *figures: str, presence: str = "online") -> list[int]:
    """SIP accounts such as `SIP/00000000672` by their last figures; answers their ids."""
    with inside(app, account_id):
        lines = [SipLine(name=f"SIP/{one:0>11}", presence=presence) for one in figures]
        db.session.add_all(lines)
        db.session.flush()
        return [line.id for line in lines]


def add_users(app: Flask, account_id: int, *names: str) -> list[int]:
    """CRM users with these names; answers their ids."""
    with inside(app, account_id):
        return [services.add_crm_user(name).id for name in names]


def mapping(app: Flask, account_id: int) -> dict[str, str | None]:
    """Who has which SIP account now."""
    with inside(app, account_id):
        return {user.name: user.sip_line.name if user.sip_line else None for user in crm_users()}


def actions(app: Flask, account_id: int) -> Sequence[str]:
    """What the audit trail of the account says was done, oldest first."""
    with inside(app, account_id):
        return db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
