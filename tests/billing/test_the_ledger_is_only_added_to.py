"""What was posted stays: the database itself refuses to change it, whoever asks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.accounts.models import Account
from portal.billing.ledger import post
from portal.billing.models import EntryKind, LedgerEntry
from portal.kernel.db import transaction
from tests.people import Cast


@pytest.fixture
def entry_id(app: Flask, cast: Cast) -> int:
    """A posting of North's."""
    with app.app_context(), transaction(cast.north) as session:
        post(EntryKind.PAYMENT, "bank-1", Decimal(100))
        return session.scalars(select(LedgerEntry.id)).one()


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_entry set amount = amount + 1",
        "update ledger_entry set text = 'x' where id = :id",
        "delete from ledger_entry",
        "delete from ledger_entry where id = :id",
    ],
)
def test_the_database_refuses(app: Flask, cast: Cast, entry_id: int, statement: str) -> None:
    values = {"id": entry_id} if ":id" in statement else {}
    with pytest.raises(DBAPIError, match="append-only"), app.app_context(), transaction(cast.north) as session:
        session.execute(text(statement), values)

    assert amounts(app, cast.north) == [Decimal(100)]


def test_so_it_does_where_the_program_errs(app: Flask, cast: Cast, entry_id: int) -> None:
    with pytest.raises(DBAPIError, match="append-only"), app.app_context(), transaction(cast.north) as session:
        session.get_one(LedgerEntry, entry_id).amount = Decimal(200)

    assert amounts(app, cast.north) == [Decimal(100)]


def test_postings_go_only_with_their_account(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        account = Account(name="Gone")
        session.add(account)
        session.flush()
        account_id = account.id
    with app.app_context(), transaction(account_id) as session:
        session.add(LedgerEntry(kind=EntryKind.PAYMENT, source="x", amount=Decimal(1), balance_after=Decimal(1)))
    with app.app_context(), transaction(everything="a test") as session:
        session.execute(text("delete from account where id = :id"), {"id": account_id})

    assert amounts(app, account_id) == []


def amounts(app: Flask, account_id: int) -> list[Decimal]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(LedgerEntry.amount)))
