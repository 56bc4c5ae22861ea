"""One transaction per unit of work, and bells that ring when it is kept."""

import threading
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from flask import Flask, g
from sqlalchemy import event, select

from portal.kernel import postgresql
from portal.kernel.bells import Bells, Listener, live_topic
from portal.kernel.db import announce, db, last, ring, transaction, unit_of_work
from portal.telephony.models import SipLine
from tests.people import Cast
from tests.webhooks.world import until


@pytest.fixture
def listener(app: Flask) -> Iterator[Listener]:
    """An ear for every bell of the installation."""
    bells: Bells = app.extensions["portal.bells"]
    found = bells.listen()
    yield found
    found.close()


def names(app: Flask, account_id: int) -> list[str]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(SipLine.name)))


def test_it_keeps_what_was_written(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/1"))

    assert names(app, cast.north) == ["SIP/1"]


def test_an_error_undoes_all_of_it(app: Flask, cast: Cast) -> None:
    with pytest.raises(KeyError), app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/1"))
        session.flush()
        raise KeyError

    assert names(app, cast.north) == []


def test_rows_that_were_read_stay_readable(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/1"))
    with app.app_context(), transaction(cast.north, writes=False) as session:
        line = session.scalars(select(SipLine)).one()

    assert line.name == "SIP/1"


def test_reading_makes_no_connection_forget_what_it_has_prepared(app: Flask, cast: Cast) -> None:
    ends: list[str] = []
    with app.app_context():
        event.listen(db.engine, "rollback", lambda _connection: ends.append("rollback"))
        event.listen(db.engine, "commit", lambda _connection: ends.append("commit"))
    names(app, cast.north)

    assert ends == ["commit"]


def test_what_is_written_last_is_written_together(app: Flask, cast: Cast, listener: Listener) -> None:
    written: list[list[str]] = []

    def write(names: Sequence[str]) -> None:
        written.append(list(names))
        db.session.add_all(SipLine(name=name) for name in names)
        ring("switch")

    with app.app_context(), transaction(cast.north):
        last(write, "SIP/1")
        last(write, "SIP/2", "SIP/3")
        assert written == []
    with app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/4"))
        session.flush()
        last(write, "SIP/5")
        session.rollback()
    with app.app_context(), transaction(cast.north):
        pass

    assert written == [["SIP/1", "SIP/2", "SIP/3"]]
    assert sorted(names(app, cast.north)) == ["SIP/1", "SIP/2", "SIP/3"]
    assert "switch" in listener.wait(5)


def test_an_error_at_the_last_undoes_all_of_it(app: Flask, cast: Cast) -> None:
    def fail(_items: Sequence[str]) -> None:
        raise KeyError

    with pytest.raises(KeyError), app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/1"))
        last(fail, "")

    assert names(app, cast.north) == []


def test_a_connection_that_broke_while_it_rested_is_replaced(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, database_url: str, is_postgresql: bool
) -> None:
    monkeypatch.setattr(postgresql, "_RESTED", 0.0)
    with app.app_context(), transaction(cast.north) as session:
        session.add(SipLine(name="SIP/1"))
    if is_postgresql:
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
            others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            ended = other.execute(f"select pg_terminate_backend(pid, 5000) {others} and state = 'idle'").fetchall()
        assert (True,) in ended

    assert names(app, cast.north) == ["SIP/1"]


def test_whoever_only_reads_rings_no_bell(app: Flask, cast: Cast, listener: Listener) -> None:
    with app.app_context(), transaction(cast.north, writes=False):
        ring("switch")
        names(app, cast.north)

    assert listener.wait(0.1) == set()


def test_a_bell_rings_after_the_commit(app: Flask, cast: Cast, listener: Listener) -> None:
    with app.app_context(), transaction(cast.north):
        db.session.add(SipLine(name="SIP/1"))
        ring("switch")
        announce("calls-changed")
        assert listener.wait(0.05) == set()

    assert listener.wait(5) == {"switch", live_topic(cast.north, "calls-changed")}


def test_a_rollback_forgets_its_bells(app: Flask, cast: Cast, listener: Listener) -> None:
    with pytest.raises(KeyError), app.app_context(), transaction(cast.north):
        ring("switch")
        raise KeyError

    assert listener.wait(0.1) == set()


def test_every_listener_hears_and_the_dead_are_forgotten(app: Flask) -> None:
    bells: Bells = app.extensions["portal.bells"]
    first, second = bells.listen(), bells.listen()
    heard: list[set[str]] = []
    threads = [threading.Thread(target=lambda ear=ear: heard.append(ear.wait(5))) for ear in (first, second)]
    for thread in threads:
        thread.start()
    bells.ring(["one"])
    for thread in threads:
        thread.join()
    first.close()
    second.close()
    bells.ring(["two"])

    assert heard == [{"one"}, {"one"}]


def test_two_writers_wait_for_each_other(app: Flask, cast: Cast) -> None:
    def add(number: int) -> None:
        with app.app_context(), transaction(cast.north) as session:
            session.scalars(select(SipLine)).all()
            session.add(SipLine(name=f"SIP/{number}"))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(names(app, cast.north)) == 8


def test_whoever_tells_of_a_failed_transaction_only_reads(app: Flask) -> None:
    """B5: the page that says "the database does not answer" waited for the same writer again, and then failed."""
    with app.app_context():
        with pytest.raises(RuntimeError), unit_of_work(writes=True):
            raise RuntimeError("database is locked")

        assert g.writes is False


def test_who_listens_under_a_name_is_known_as_long_as_it_listens(app: Flask) -> None:
    bells: Bells = app.extensions["portal.bells"]
    named, other = bells.listen("cooks-anna"), bells.listen()

    def cooks() -> frozenset[str]:
        with app.app_context(), transaction(writes=False) as session:
            return bells.listening(session.connection(), "cooks-")

    assert cooks() == {"cooks-anna"}
    named.close()
    other.close()
    until(lambda: not cooks(), "one that is closed is still listed")
