"""Money moves by postings alone: each once, and the balance is their sum."""

import threading
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal.accounts.services import open_account
from portal.billing import queries
from portal.billing.ledger import post
from portal.billing.models import AccountBalance, EntryKind, LedgerDay, LedgerEntry
from portal.billing.postings import PostingFilter, posting_page
from portal.billing.services import credit
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.paging import NewestFirst
from tests.people import Cast

AMOUNTS = st.decimals(-10_000, 10_000, places=4, allow_nan=False, allow_infinity=False)
POSTINGS = st.lists(st.tuples(st.sampled_from(EntryKind), st.integers(0, 6), AMOUNTS), max_size=25)


def balance(app: Flask, account_id: int) -> Decimal:
    with app.app_context(), transaction(account_id, writes=False):
        return queries.header().balance


def test_a_new_account_has_nothing(app: Flask, cast: Cast) -> None:
    assert balance(app, cast.north) == 0


def test_a_payment_is_credited_once_however_often_it_comes(app: Flask, cast: Cast) -> None:
    for _ in range(3):
        with app.app_context(), transaction(cast.north):
            credit(Decimal("100.50"), "bank-1", "first")

    assert balance(app, cast.north) == Decimal("100.50")
    assert balance(app, cast.south) == 0


@pytest.mark.parametrize("amount", ["0", "-1", "1000000.01"])
def test_a_payment_of_nothing_or_too_much_is_refused(app: Flask, cast: Cast, amount: str) -> None:
    with app.test_request_context(), pytest.raises(Refused), transaction(cast.north):
        credit(Decimal(amount), "bank-1", "")

    assert balance(app, cast.north) == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(POSTINGS)
def test_the_balance_is_the_sum_of_the_postings_in_any_order(
    app: Flask, postings: list[tuple[EntryKind, int, Decimal]]
) -> None:
    account_id = new_account(app)
    first: dict[tuple[EntryKind, int], Decimal] = {}
    for kind, source, amount in postings:
        first.setdefault((kind, source), amount)
        with app.app_context(), transaction(account_id):
            post(kind, str(source), amount)

    with app.app_context(), transaction(account_id, writes=False) as session:
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
        days = session.scalar(select(func.sum(LedgerDay.amount))) or Decimal(0)
        kept = session.scalars(select(AccountBalance.balance)).one_or_none() or Decimal(0)
    running = Decimal(0)
    for entry in entries:
        running += entry.amount
        assert entry.balance_after == running
    assert kept == running == sum(first.values(), Decimal(0)) == days


def new_account(app: Flask) -> int:
    """One of its own for each example: what is posted stays."""
    with app.app_context():
        return open_account(app.extensions["portal.vault"], "Example")


def test_postings_at_the_same_time_lose_nothing(app: Flask, cast: Cast) -> None:
    def charge(number: int) -> None:
        with app.app_context(), transaction(cast.north):
            post(EntryKind.CALL, f"call-{number}", Decimal("-1.10"))

    threads = [threading.Thread(target=charge, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert balance(app, cast.north) == Decimal("-13.20")


def test_an_undone_posting_leaves_nothing(app: Flask, cast: Cast) -> None:
    with pytest.raises(KeyError), app.app_context(), transaction(cast.north):
        post(EntryKind.PAYMENT, "x", Decimal(5))
        raise KeyError

    assert balance(app, cast.north) == 0


def test_pages_of_the_ledger_together_are_the_ledger(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        for number in range(23):
            post(EntryKind.CALL, str(number), Decimal(-1))
    with app.app_context(), transaction(cast.north, writes=False):
        seen, text = [], None
        while True:
            page = posting_page(PostingFilter(), NewestFirst.read(text) if text else None, limit=5)
            seen += [entry.source for entry in page.rows]
            if page.next is None:
                break
            text = page.next
        back = posting_page(PostingFilter(), NewestFirst.read(page.previous or ""), limit=5)

    assert seen == [str(number) for number in reversed(range(23))]
    assert [entry.source for entry in back.rows] == ["7", "6", "5", "4", "3"]
