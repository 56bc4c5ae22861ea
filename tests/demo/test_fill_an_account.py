"""A past that is filled in looks as if it had been lived: calls, legs and a ledger that stays true."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from portal.accounts import services
from portal.accounts.zone import account_zone
from portal.billing.ledger import post
from portal.billing.models import AccountBalance, EntryKind, LedgerDay, LedgerEntry
from portal.calls.log.filters import CallFilters
from portal.calls.log.pages import call_page
from portal.calls.log.totals import counted_totals, kept_totals
from portal.calls.models import CallLeg, CallRecord
from portal.demo import fill, seed
from portal.demo.fill import fill_account
from portal.kernel.config import Settings
from portal.kernel.db import db, is_sqlite, transaction
from portal.kernel.drift import differences
from portal.kernel.errors import Conflict, Refused
from portal.kernel.lateindexes import missing_indexes
from portal.kernel.locks import take_lock
from portal.telephony.engine import CallOutcome
from portal.telephony.models import Did, SipLine
from tests.people import Cast

CALLS = 900
"""Three weeks and a little."""


@pytest.fixture
def told() -> list[str]:
    """What the filling says of its progress."""
    return []


@pytest.fixture(params=["made up", "mostly copied"])
def west(app: Flask, told: list[str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """An account with prices, a line, a number and some money, filled in three chapters or more."""
    monkeypatch.setattr(fill, "CALLS_AT_ONCE", CALLS // 9)
    if request.param == "mostly copied":
        monkeypatch.setattr(fill, "COPIED_FROM", CALLS)
    with app.app_context():
        with transaction():
            seed._price_list()
        account_id = services.open_account(app.extensions["portal.vault"], "West")
        with transaction(account_id):
            db.session.add_all([SipLine(name="SIP/00000000672", label=""), Did(number="74951234567", label="")])
            post(EntryKind.PAYMENT, "first", Decimal(100), text="")
    fill_account(app, account_id, CALLS, say=told.append)
    return account_id


def test_each_call_has_its_legs_and_lies_before_the_account_s_own_history(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        calls = list(db.session.scalars(select(CallRecord)))
        legs = db.session.scalars(select(CallLeg.call_id).distinct()).all()
        opened = db.session.scalar(select(LedgerEntry.at).where(LedgerEntry.source == "first"))

    assert len(calls) == len(legs) == len({call.api_call_id for call in calls}) == CALLS
    assert opened is not None
    assert all(call.started_at < call.ended_at < opened for call in calls if call.ended_at)
    assert {call.kind for call in calls} == {"incoming", "outgoing", "internal"}


def test_it_tells_how_many_rows_it_has_written(app: Flask, west: int, told: list[str]) -> None:
    with app.app_context(), transaction(west, writes=False):
        counts = [
            db.session.scalar(select(func.count()).select_from(table)) for table in (CallRecord, CallLeg, LedgerEntry)
        ]

    # One posting was there before.
    [last] = [line for line in told if line.startswith(f"{CALLS} of {CALLS} calls")]
    assert f"({sum(filter(None, counts)) - 1} rows with" in last


def test_the_balance_is_the_sum_of_the_postings_and_of_the_days(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        balance = db.session.scalar(select(AccountBalance.balance))
        posted, days = (db.session.scalar(select(func.sum(table.amount))) for table in (LedgerEntry, LedgerDay))
        counted = db.session.scalar(select(func.sum(LedgerDay.count)))
        entries = db.session.scalar(select(func.count()).select_from(LedgerEntry))

    assert balance == posted == days == Decimal(100)
    assert counted == entries
    assert entries is not None
    assert entries > CALLS / 3


def test_the_balance_after_each_posting_is_the_sum_of_all_before_it(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        entries = list(db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.at, LedgerEntry.id)))

    balance = Decimal(0)
    for entry in entries:
        balance += entry.amount
        assert entry.balance_after == balance


def test_a_posting_of_a_call_takes_its_price_and_its_local_day(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        prices = dict(db.session.execute(select(CallRecord.api_call_id, CallRecord.price)).all())
        charges = list(db.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CALL)))
        zone = account_zone()
        days = set(db.session.scalars(select(LedgerDay.day)))

    assert {charge.source: -charge.amount for charge in charges} == {i: price for i, price in prices.items() if price}
    assert {charge.at.astimezone(zone).date() for charge in charges} <= days


def test_the_database_goes_on_numbering_after_it(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west):
        highest = db.session.scalar(select(func.max(CallRecord.id)))
        last = db.session.scalars(select(CallRecord).order_by(CallRecord.id.desc()).limit(1)).one()
        another = CallRecord(
            api_call_id="f" * 32, switch="main", kind="incoming", caller="", started_at=last.started_at
        )
        db.session.add(another)
        db.session.flush()

    assert highest is not None
    assert another.id > highest


def test_a_second_past_lies_before_the_first(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        before = db.session.scalar(select(func.min(CallRecord.started_at)))

    fill_account(app, west, 10, say=lambda _line: None)

    with app.app_context(), transaction(west, writes=False):
        starts = list(db.session.scalars(select(CallRecord.started_at).order_by(CallRecord.started_at).limit(11)))
    assert before is not None
    assert starts[9] < before == starts[10]


def test_two_cannot_fill_one_account_at_once(app: Flask, west: int) -> None:
    settings: Settings = app.extensions["portal.settings"]
    lock = take_lock(f"fill-{west}", settings.database_url, settings.data)
    assert lock is not None

    with pytest.raises(Conflict):
        fill_account(app, west, 1, say=lambda _line: None)

    lock.release()


def test_an_account_without_lines_cannot_be_filled(app: Flask, cast: Cast) -> None:
    with pytest.raises(Refused):
        fill_account(app, cast.south, 1, say=lambda _line: None)


def test_the_totals_of_the_log_are_those_of_its_calls(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        zone = account_zone()
        for filters in (CallFilters(zone=zone), CallFilters(zone=zone, outcome=CallOutcome.MISSED)):
            kept = kept_totals(filters)
            assert kept is not None
            assert kept.sums == counted_totals(filters).sums
            assert sum(column.sums.calls for column in kept.columns) == kept.sums.calls > 0


def test_each_call_is_found_by_its_number_and_its_legs_are_its_own(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        zone = account_zone()
        calls = list(db.session.scalars(select(CallRecord).order_by(CallRecord.started_at)))
        for call in [call for call in calls if (call.other or "").startswith("79")][:: CALLS // 20]:
            assert call in call_page(CallFilters(zone=zone, q=call.other)).rows
            outside = [leg.address for leg in call.legs if leg.address.startswith("79")]
            assert outside == [address for address in (call.caller, call.callee) if (address or "").startswith("79")]
            assert min(leg.started_at for leg in call.legs) == call.started_at
            assert max(leg.ended_at for leg in call.legs if leg.ended_at) == call.ended_at


def test_strangers_differ_from_week_to_week(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        strangers = db.session.scalars(select(CallRecord.caller).where(CallRecord.kind == "incoming")).all()

    assert len(set(strangers)) > 0.95 * len(strangers)


def test_also_when_it_is_broken_off_the_index_of_texts_is_quick_to_read(app: Flask, west: int) -> None:
    def stop(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_account(app, west, CALLS, say=stop)

    with app.app_context(), transaction(west):
        if is_sqlite():
            parts = db.session.scalar(text("select count(distinct segid) from call_moment_idx"))
            joined = db.session.scalar(text("select v from call_moment_config where k = 'automerge'"))
            assert (parts, joined) == (1, 4)
        else:
            assert not missing_indexes(app)
        assert differences(db.session.connection()) == []


def test_the_words_on_postgresql_are_those_of_the_calls(app: Flask, west: int) -> None:
    with app.app_context(), transaction(west, writes=False):
        if not is_sqlite():
            differing = """
                select count(*) from call_record r full join call_words w on w.id = r.id
                where r.account_id = :account and (w.words, w.started_at, w.marks)
                    is distinct from (r.search_text, r.started_at, marks_of_call(r.search_text, r.started_at))
            """
            assert db.session.connection().scalar(text(differing), {"account": west}) == 0
