"""`portal ledger …`."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select

from portal.accounts.models import Account
from portal.billing.regular.books import Books, check_books
from portal.kernel.commands import Commands
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.money import exact

ledger = Commands("ledger", help="The ledger: what moved, and whether the balances follow from it.")


@ledger.command("verify")
@click.option("--account", "account_id", type=int, help="Number of one account; without it all are looked at.")
def verify(account_id: int | None) -> None:
    """Add up every posting and compare with the balances; code 1 where one does not agree."""
    with transaction(writes=False):
        accounts = [
            (account.id, account.name)
            for account in db.session.scalars(select(Account).order_by(Account.id))
            if account_id in (None, account.id)
        ]
    if account_id is not None and not accounts:
        raise NotFound(f"There is no account {account_id}.")
    wrong = 0
    for number, name in accounts:
        with transaction(number):
            books = check_books(whole=True)
        wrong += not books.agree
        figures = f"balance {exact(books.kept)}, days {exact(books.days)}, postings {_posted(books)}"
        click.echo(f"{number}\t{name}\t{'right' if books.agree else 'WRONG'}\t{figures}")
    if wrong:
        sys.exit(1)


def _posted(books: Books) -> str:
    return "-" if books.posted is None else exact(books.posted)
