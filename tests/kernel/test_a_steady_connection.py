"""A connection that a thread keeps: it sees every account, rings after its commit, and mends itself."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.kernel.bells import live_topic
from portal.kernel.steady import SteadyConnection
from tests.people import Cast
from tests.webhooks.world import Company


def test_more_bells_than_one_notice_holds_undo_nothing(app: Flask) -> None:
    """What expires for a thousand companies at once is told to all of their open pages."""
    topics = [live_topic(account_id, "webhooks-changed") for account_id in range(1000)]
    listener = app.extensions["portal.bells"].listen()
    with app.app_context():
        steady = SteadyConnection(everything="webhook dispatch")
        steady.ring(*topics)
        with steady.transaction():
            pass
        steady.close()
    heard: set[str] = set()
    while len(heard) < 1000 and (rung := listener.wait(5)):
        heard |= rung
    listener.close()

    assert len(heard) == 1000


def test_it_sees_the_rows_of_every_account_and_undoes_what_failed(app: Flask, cast: Cast) -> None:
    for number, account_id in enumerate((cast.north, cast.south)):
        Company(app, account_id).ends(f"{number:032x}")
    with app.app_context():
        steady = SteadyConnection(everything="webhook dispatch")
        with pytest.raises(ZeroDivisionError), steady.transaction() as connection:
            connection.execute(text("update account set name = 'nobody'"))
            raise ZeroDivisionError
        with steady.transaction() as connection:
            names = connection.scalars(
                text("select name from account where id in (:a, :b)"), {"a": cast.north, "b": cast.south}
            ).all()
            seen = connection.scalars(text("select count(distinct account_id) from webhook_event")).one()
        steady.close()

    assert len(set(names)) == 2
    assert "nobody" not in names
    assert seen == 2


def test_after_an_error_of_the_database_the_next_transaction_has_a_connection_of_its_own(app: Flask) -> None:
    with app.app_context():
        steady = SteadyConnection(everything="webhook dispatch")
        with pytest.raises(DBAPIError), steady.transaction() as connection:
            connection.execute(text("select * from there_is_no_such_table"))
        with steady.transaction() as connection:
            assert connection.scalars(text("select 1")).one() == 1
        steady.close()


def test_where_transactions_need_not_be_whole_postgresql_keeps_what_came_before_an_error(
    app: Flask, cast: Cast, is_postgresql: bool
) -> None:
    with app.app_context():
        steady = SteadyConnection(everything="webhook dispatch", is_whole=False)
        with pytest.raises(ZeroDivisionError), steady.transaction() as connection:
            connection.execute(text("update account set name = 'somebody'"))
            raise ZeroDivisionError
        with steady.transaction() as connection:
            names = set(connection.scalars(text("select name from account")))
        kept = steady.keeps_each
        steady.close()

    assert kept == is_postgresql
    assert (names == {"somebody"}) == kept
