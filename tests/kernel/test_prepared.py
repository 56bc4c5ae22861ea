"""What is prepared sees and writes one account, and is a statement like any other to whoever watches or fails it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import bindparam, delete, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from portal.billing.models import EntryKind, LedgerEntry
from portal.contacts.models import Contact, ContactNumber
from portal.kernel.among import among
from portal.kernel.db import transaction
from portal.kernel.numbered import MOST
from portal.kernel.prepared import Prepared, PreparedForAll, given
from portal.kernel.steady import SteadyConnection
from portal.kernel.tenancy import TenancyError
from portal.telephony.models import SipLine
from tests.people import Cast
from tests.support.queries import counted_queries

_LINE = ("name", "label", "switch", "presence", "is_disabled")
_TWIN = aliased(SipLine)
READS = {
    "columns": Prepared(select(SipLine.label)),
    "a value": Prepared(select(SipLine.label).where(SipLine.name == bindparam("name", "SIP/1"))),
    "a list": Prepared(select(SipLine.label).where(among(SipLine.name, "names"))),
    "an alias": Prepared(select(_TWIN.label)),
    "a join": Prepared(select(SipLine.label).join(_TWIN, _TWIN.name == SipLine.name)),
    "an outer join": Prepared(select(SipLine.label).outerjoin(Contact, Contact.name == SipLine.label)),
    "a subquery": Prepared(select(select(SipLine.label).limit(1).scalar_subquery())),
    "a common table": Prepared(select(select(SipLine.label).cte())),
    "a union": Prepared(
        select(union_all(select(SipLine.label), select(SipLine.label).where(SipLine.id < 0)).subquery())
    ),
    "held": Prepared(select(SipLine.label).with_for_update()),
}
_ADD = Prepared(insert(SipLine).values(given(_LINE)))
_LABEL = Prepared(update(SipLine).where(SipLine.name == bindparam("line")).values(given(("label",))))
_REMOVE = Prepared(delete(SipLine))
_MAKE = Prepared(
    lambda make: (
        make(SipLine)
        .values(given(_LINE))
        .on_conflict_do_nothing(index_elements=("account_id", "name"))
        .returning(SipLine.name, SipLine.is_disabled)
    )
)


def line(name: str, label: str) -> dict[str, object]:
    return {"name": name, "label": label, "switch": "main", "presence": "offline", "is_disabled": False}


@pytest.fixture
def lines(app: Flask, cast: Cast) -> None:
    """An SIP account of the same name in each company, labelled by whose it is."""
    for account_id in (cast.north, cast.south):
        with app.app_context(), transaction(account_id):
            _ADD.run(line("SIP/1", f"of {account_id}"))


def labels(app: Flask, account_id: int) -> list[str]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(SipLine.label).order_by(SipLine.id)))


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_sees_one_account(app: Flask, cast: Cast, lines: None, read: Prepared[tuple[str]]) -> None:
    # The same text for one account after the other.
    for account_id in (cast.north, cast.south, cast.north):
        with app.app_context(), transaction(account_id):
            assert read.all(name="SIP/1", names=["SIP/1"]) == [(f"of {account_id}",)]


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_without_an_account_is_refused(app: Flask, lines: None, read: Prepared[tuple[str]]) -> None:
    with app.app_context(), transaction(), pytest.raises(TenancyError):
        read.all(name="SIP/1", names=["SIP/1"])


def test_a_change_stays_within_the_account(app: Flask, cast: Cast, lines: None) -> None:
    with app.app_context(), transaction(cast.north):
        _LABEL.run({"line": "SIP/1", "label": "changed"})

    assert (labels(app, cast.north), labels(app, cast.south)) == (["changed"], [f"of {cast.south}"])


def test_a_removal_stays_within_the_account(app: Flask, cast: Cast, lines: None) -> None:
    with app.app_context(), transaction(cast.north):
        _REMOVE.run({})

    assert (labels(app, cast.north), labels(app, cast.south)) == ([], [f"of {cast.south}"])


def test_a_new_row_is_the_entered_accounts_whatever_is_given(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        _ADD.run({**line("SIP/2", "x"), "account_id": cast.south, "entered_account": cast.south})

    assert (labels(app, cast.north), labels(app, cast.south)) == (["x"], [])


def test_a_change_that_asks_another_owned_table_is_refused(app: Flask, cast: Cast) -> None:
    sly = Prepared(update(SipLine).where(SipLine.label == select(Contact.name).scalar_subquery()).values(label="x"))

    with app.app_context(), transaction(cast.north), pytest.raises(TenancyError):
        sly.run({})


def test_a_column_with_a_default_is_not_forgotten(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north), pytest.raises(TypeError, match="switch"):
        Prepared(insert(SipLine).values(given(("name", "label")))).run({"name": "SIP/1", "label": ""})


def test_a_reading_transaction_does_not_write(app: Flask, cast: Cast, lines: None) -> None:
    with app.app_context(), transaction(cast.north, writes=False), pytest.raises(TenancyError):
        _LABEL.run({"line": "SIP/1", "label": "changed"})
    with app.app_context(), transaction(cast.north, writes=False), pytest.raises(TenancyError):
        _MAKE.all(**line("SIP/3", "x"))


def test_what_the_session_holds_is_written_before(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/4", label="new"))

        assert READS["columns"].all() == [("new",)]


def test_several_rows_are_one_statement(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north), counted_queries(app) as asked:
        _ADD.run(line("SIP/1", "a"), line("SIP/2", "b"))
        _ADD.run()

    assert [each.split()[0] for each in asked if each.startswith("INSERT")] == ["INSERT"]
    assert labels(app, cast.north) == ["a", "b"]


@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1, 2 * MOST + 1])
def test_each_row_is_answered_for_that_is_new(app: Flask, cast: Cast, lines: None, count: int) -> None:
    names = [f"SIP/{number}" for number in range(2, 2 + count)]
    with app.app_context(), transaction(cast.north):
        answered = _MAKE.each(*(line(name, f"label of {name}") for name in ("SIP/1", *names)))
        assert _MAKE.each() == []

    assert sorted(answered) == sorted((name, False) for name in names)
    assert labels(app, cast.north) == [f"of {cast.north}", *(f"label of {name}" for name in names)]
    assert labels(app, cast.south) == [f"of {cast.south}"]


@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1])
def test_all_rows_are_written_or_none(app: Flask, cast: Cast, lines: None, count: int) -> None:
    rows = [line(f"SIP/{number}", "a") for number in range(2, 2 + count)]
    with app.app_context(), pytest.raises(IntegrityError, match="sip_line"), transaction(cast.north):
        _ADD.run(*rows, line("SIP/1", "again"))
    with app.app_context(), transaction(cast.north):
        _ADD.run(*rows)

    assert labels(app, cast.north) == [f"of {cast.north}", *("a" for _row in rows)]


def test_what_is_there_is_left_and_not_answered(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        assert _MAKE.first(**line("SIP/1", "a")) == ("SIP/1", False)
        assert _MAKE.first(**line("SIP/1", "b")) is None

    assert labels(app, cast.north) == ["a"]


def test_errors_have_the_names_that_they_have_everywhere(app: Flask, cast: Cast, lines: None) -> None:
    with app.app_context(), pytest.raises(IntegrityError, match="sip_line"), transaction(cast.north):
        _ADD.run(line("SIP/1", "again"))

    assert labels(app, cast.north) == [f"of {cast.north}"]


def test_a_row_cannot_point_into_another_account(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.south) as session:
        contact = Contact(name="of south")
        session.add(contact)
        session.flush()
        contact_id = contact.id
    number = Prepared(insert(ContactNumber).values(given(("number", "contact_id"))))

    with app.app_context(), pytest.raises(IntegrityError), transaction(cast.north):
        number.run({"number": "74950000009", "contact_id": contact_id})


class _Posted(NamedTuple):
    at: datetime
    amount: Decimal
    rating: dict[str, str] | None


def test_values_go_there_and_back_as_they_are(app: Flask, cast: Cast) -> None:
    names = ("at", "kind", "source", "amount", "balance_after", "included", "text", "rating")
    add = Prepared(insert(LedgerEntry).values(given(names)))
    read = Prepared(select(LedgerEntry.at, LedgerEntry.amount, LedgerEntry.rating).order_by(LedgerEntry.id), _Posted)
    moment, zero = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC), Decimal(0)
    told = [_Posted(moment, Decimal("-1.2345"), {"name": "Звонок"}), _Posted(moment, zero, None)]

    with app.app_context(), transaction(cast.north):
        for number, each in enumerate(told):
            same = {"kind": EntryKind.CALL, "source": str(number), "balance_after": zero, "included": zero, "text": ""}
            add.run({**each._asdict(), **same})
        found = read.all()

    assert found == told
    assert found[0].at.tzinfo is UTC


def test_over_all_accounts_values_come_as_they_are_and_in_their_order(app: Flask, cast: Cast) -> None:
    """On SQLite they come as JSON: none of them may show it."""
    names = ("at", "kind", "source", "amount", "balance_after", "included", "text", "rating")
    add = Prepared(insert(LedgerEntry).values(given(names)))
    of = LedgerEntry.__table__.c
    read = PreparedForAll(
        select(of.id, of.at, of.text, of.rating, of.account_id > 0)
        .where(of.source == bindparam("source"))
        .order_by(of.text)
    )
    moment, zero = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC), Decimal(0)
    same = {"at": moment, "kind": EntryKind.CALL, "source": "1", "amount": zero, "balance_after": zero}
    texts = {cast.south: 'a "quoted" \\ Звонок\n', cast.north: "b 🙂"}
    ratings = {cast.south: {"name": ["Звонок", None, 2**53 + 1]}, cast.north: None}
    for account_id in (cast.north, cast.south):
        with app.app_context(), transaction(account_id):
            add.run({**same, "included": zero, "text": texts[account_id], "rating": ratings[account_id]})

    with app.app_context():
        steady = SteadyConnection(everything="webhook dispatch")
        with steady.transaction() as connection:
            found = [tuple(row) for row in read.all(connection, source="1")]
            nothing = read.all(connection, source="2")
        steady.close()

    assert [row[1:] for row in found] == [
        (moment, texts[account_id], ratings[account_id], True) for account_id in (cast.south, cast.north)
    ]
    assert not nothing
