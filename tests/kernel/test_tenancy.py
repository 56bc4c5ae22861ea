"""No way of asking the database crosses the line between accounts."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, exists, func, insert, select, text, union_all, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import aliased, joinedload, selectinload

from portal.contacts.models import Contact, ContactNumber
from portal.kernel import tenancy
from portal.kernel.db import db, transaction, upsert
from portal.kernel.tenancy import Scope, TenancyError
from portal.telephony.models import Did, SipLine
from tests.people import Cast

READS: dict[str, Callable[[], Any]] = {
    "entities": lambda: db.session.scalars(select(Contact)).all(),
    "columns": lambda: db.session.scalars(select(Contact.name)).all(),
    "count": lambda: [db.session.scalar(select(func.count()).select_from(Contact))] * 1,
    "count of a column": lambda: [db.session.scalar(select(func.count(Contact.id)))],
    "alias": lambda: db.session.scalars(select(aliased(Contact))).all(),
    "join": lambda: db.session.execute(select(ContactNumber.number).join(Contact)).all(),
    "outer join": lambda: db.session.execute(select(Contact.name).outerjoin(ContactNumber)).all(),
    "subquery": lambda: db.session.scalars(select(select(Contact.name).limit(1).scalar_subquery())).all(),
    "common table": lambda: db.session.execute(select(select(Contact.name).cte())).all(),
    "union": lambda: db.session.execute(union_all(select(Contact.name), select(Contact.name))).all()[:1],
    "joined loading": lambda: db.session.scalars(select(Contact).options(joinedload(Contact.numbers))).unique().all(),
    "select-in loading": lambda: db.session.scalars(select(Contact).options(selectinload(Contact.numbers))).all(),
}


@pytest.fixture
def contacts(app: Flask, cast: Cast) -> dict[int, int]:
    """One contact with a number in each account: ids by account."""
    found = {}
    for account_id, number in ((cast.north, "74950000001"), (cast.south, "74950000002")):
        with app.app_context(), transaction(account_id) as session:
            contact = Contact(name=f"of {account_id}", numbers=[ContactNumber(number=number)])
            session.add(contact)
            session.flush()
            found[account_id] = contact.id
    return found


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_sees_one_account(app: Flask, cast: Cast, contacts: dict[int, int], read: Callable[[], Any]) -> None:
    with app.app_context(), transaction(cast.north, writes=False):
        rows = read()

        assert len(rows) == 1
        assert f"of {cast.south}" not in repr([getattr(row, "name", row) for row in rows])
        assert rows[0] != 2


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_without_an_account_is_refused(app: Flask, contacts: dict[int, int], read: Callable[[], Any]) -> None:
    with app.app_context(), transaction(writes=False), pytest.raises(TenancyError):
        read()


def test_a_foreign_row_is_not_found_by_its_key(app: Flask, cast: Cast, contacts: dict[int, int]) -> None:
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert session.get(Contact, contacts[cast.south]) is None
        assert session.get(Contact, contacts[cast.north]) is not None
        twin = aliased(Contact)
        foreign = select(Contact.name).where(exists().where(twin.name == f"of {cast.south}"))
        assert session.scalars(foreign).all() == []


def test_bulk_changes_stay_within_the_account(app: Flask, cast: Cast, contacts: dict[int, int]) -> None:
    with app.app_context(), transaction(cast.north) as session:
        session.execute(update(Contact).values(note="seen"))
        session.execute(delete(ContactNumber))

    with app.app_context(), transaction(cast.south, writes=False) as session:
        assert session.scalars(select(Contact.note)).all() == [""]
        assert session.scalars(select(ContactNumber.number)).all() == ["74950000002"]


def test_a_new_row_gets_the_account(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.south) as session:
        line = SipLine(name="SIP/1")
        session.add(line)
        session.flush()

        assert line.account_id == cast.south


def test_a_row_for_another_account_is_refused(app: Flask, cast: Cast) -> None:
    with app.app_context(), pytest.raises(TenancyError), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/1", account_id=cast.south))
        session.flush()


def test_a_row_cannot_point_into_another_account(app: Flask, cast: Cast, contacts: dict[int, int]) -> None:
    with app.app_context(), pytest.raises(IntegrityError), transaction(cast.north) as session:
        session.add(ContactNumber(number="74950000009", contact_id=contacts[cast.south]))
        session.flush()


@pytest.mark.parametrize("statement", [insert(SipLine).values(name="SIP/9"), SipLine.__table__.select()])
def test_ways_around_the_guard_are_refused(app: Flask, cast: Cast, statement: Any) -> None:
    with app.app_context(), transaction(cast.north) as session, pytest.raises(TenancyError):
        session.execute(statement)


def test_bulk_methods_are_closed(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        with pytest.raises(TenancyError):
            session.bulk_save_objects([])
        with pytest.raises(TenancyError):
            session.bulk_insert_mappings(SipLine, [])
        with pytest.raises(TenancyError):
            session.bulk_update_mappings(SipLine, [])


def test_one_session_has_one_scope(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session, pytest.raises(TenancyError):
        tenancy.enter(session, Scope(account_id=cast.south))


def test_a_nested_transaction_has_its_own_scope(app: Flask, cast: Cast, contacts: dict[int, int]) -> None:
    with app.app_context(), transaction(cast.north, writes=False) as outer:
        with transaction(cast.south, writes=False) as inner:
            assert inner.get(Contact, contacts[cast.north]) is None
            assert inner.get(Contact, contacts[cast.south]) is not None

        assert outer.get(Contact, contacts[cast.south]) is None


def test_alternating_accounts_stay_apart_with_cached_statements(
    app: Flask, cast: Cast, contacts: dict[int, int]
) -> None:
    for account_id in (cast.north, cast.south) * 3:
        with app.app_context(), transaction(account_id, writes=False) as session:
            assert session.scalars(select(Contact.name)).all() == [f"of {account_id}"]


def test_a_statement_that_is_kept_reads_whichever_account_is_entered(
    app: Flask, cast: Cast, contacts: dict[int, int]
) -> None:
    kept = select(Contact.name)
    for account_id in (cast.north, cast.south) * 3:
        with app.app_context(), transaction(account_id, writes=False) as session:
            assert session.scalars(kept).all() == [f"of {account_id}"]


def test_a_statement_that_is_built_for_once_is_let_go(app: Flask, cast: Cast) -> None:
    statement = select(Contact.name).limit(1)
    with app.app_context(), transaction(cast.north, writes=False) as session:
        session.scalars(statement).all()
    gone = weakref.ref(statement)
    del statement
    gc.collect()

    assert gone() is None


def test_an_upsert_is_stamped(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        upsert(SipLine, {"name": "SIP/1", "label": "a", "presence": "offline"}, key=["account_id", "name"])
        upsert(
            SipLine,
            {"name": "SIP/1", "label": "b", "presence": "offline"},
            key=["account_id", "name"],
            change={"label": "b"},
        )

        assert session.scalars(select(SipLine.label)).all() == ["b"]
        with pytest.raises(TenancyError):
            upsert(SipLine, {"name": "SIP/2", "account_id": cast.south}, key=["account_id", "name"])


def test_an_upsert_says_how_many_rows_it_touched(app: Flask, cast: Cast) -> None:
    line, key = {"name": "SIP/1", "label": "a", "presence": "offline"}, ["account_id", "name"]

    with app.app_context(), transaction(cast.north):
        assert upsert(SipLine, line, key=key) == 1
        assert upsert(SipLine, line, key=key) == 0
        assert upsert(SipLine, line, key=key, change={"label": "b"}) == 1


def test_a_stated_reason_opens_every_account(app: Flask, cast: Cast, contacts: dict[int, int]) -> None:
    with app.app_context(), transaction(everything="a test", writes=False) as session:
        assert len(session.scalars(select(Contact)).all()) == 2


def test_a_reading_transaction_does_not_write(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north, writes=False) as session:
        session.add(SipLine(name="SIP/1"))
        with pytest.raises(TenancyError):
            session.flush()
        session.expunge_all()
        with pytest.raises(TenancyError):
            session.execute(update(SipLine).values(label="x"))


def test_postgresql_hides_other_accounts_from_bare_sql(
    app: Flask, cast: Cast, contacts: dict[int, int], is_postgresql: bool
) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("select 1"))
        if not is_postgresql:
            # SQLite has no row security: the composite keys and the guard stand alone there.
            assert connection.scalar(text("select count(*) from contact")) == 2
            return
        assert connection.scalar(text("select count(*) from contact")) == 0
        connection.execute(text("select set_config('portal.account', :id, true)"), {"id": str(cast.north)})
        assert connection.scalar(text("select count(*) from contact")) == 1
        with pytest.raises(DBAPIError, match="row-level security"):
            connection.execute(
                text("insert into did (account_id, number, label) values (:id, '7', '')"), {"id": cast.south}
            )


def test_a_number_of_the_world_belongs_to_one_account(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        session.add(Did(number="74951234567"))
    with app.app_context(), pytest.raises(IntegrityError), transaction(cast.south) as session:
        session.add(Did(number="74951234567"))
        session.flush()
