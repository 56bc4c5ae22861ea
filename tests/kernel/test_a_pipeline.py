"""What PostgreSQL is sent without waiting is done in its order, or undone with all else; SQLite has no such thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg import errors

from portal.kernel.pipeline import PipelinedConnection

_ADD = "insert into counted values ($1::bigint, $2)"
_READ = "select number, word from counted order by number"


class _Waiting(PipelinedConnection):
    waits = 0

    def _take(self, sent: Any) -> Any:
        self.waits += 1
        return super()._take(sent)


@pytest.fixture
def url(database_url: str, is_postgresql: bool) -> str | None:
    return database_url.replace("+psycopg", "") if is_postgresql else None


@pytest.fixture
def connections(url: str | None) -> Iterator[list[_Waiting]]:
    """One, with an empty table of its own; none on SQLite."""
    if url is None:
        yield []
        return
    with closing(_Waiting.connect(url, autocommit=True)) as connection:
        connection.execute("create temporary table counted (number bigint primary key, word text not null)")
        yield [connection]


def test_what_nobody_reads_is_waited_for_with_what_is_asked_next(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({"application_name": "pipelined"})
        connection.send(_ADD, [(2, "b"), (1, "a")])
        connection.send("update counted set word = $2 where number = $1", [(1, "c")])
        assert connection.waits == 0
        assert connection.ask("select current_setting('application_name')", ()) == [("pipelined",)]
        assert connection.ask(_READ, ()) == [(1, "c"), (2, "b")]
        connection.send(_ADD, [(3, "d")])
        connection.commit()
        assert connection.waits == 3
        assert connection.execute("select sum(number) from counted").fetchall() == [(6,)]


def test_several_questions_are_waited_for_once(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({})
        first = connection.ahead("select 1", ())
        second = connection.ahead("select $1::text", ("two",))
        assert connection.ask("select 3", ()) == [(3,)]
        assert (second(), first()) == ([("two",)], [(1,)])
        assert connection.waits == 1


def test_what_was_asked_ahead_of_an_error_or_after_it_has_no_answer(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({})
        before = connection.ahead("select 1", ())
        fault, after = connection.ahead("select 1 / $1::int", (0,)), connection.ahead("select 2", ())
        with pytest.raises(errors.DivisionByZero):
            before()
        assert before() == [(1,)]
        with pytest.raises(errors.DivisionByZero):
            fault()
        with pytest.raises(errors.InFailedSqlTransaction):
            after()


def test_outside_a_transaction_it_is_kept_at_once(connections: list[_Waiting], url: str | None) -> None:
    for connection in connections:
        connection.send(_ADD, [(1, "a"), (2, "b")])
        assert connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert connection.waits == 1
        with pytest.raises(errors.UniqueViolation):
            connection.send(_ADD, [(3, "c"), (1, "again")])
        assert connection.ask(_READ, ()) == [(1, "a"), (2, "b")]


_ACTS: dict[str, Callable[[_Waiting], object]] = {
    "asked": lambda connection: connection.ask(_READ, ()),
    "executed by psycopg": lambda connection: connection.execute("select 1"),
    "committed": lambda connection: connection.commit(),
}


@pytest.mark.parametrize("then", _ACTS.values(), ids=_ACTS.keys())
def test_an_error_is_raised_by_what_is_done_next_and_says_whose_it_is(
    connections: list[_Waiting], then: Callable[[_Waiting], object]
) -> None:
    for connection in connections:
        connection.begin({})
        connection.send(_ADD, [(1, "a"), (1, "again")])
        with pytest.raises(errors.UniqueViolation, match="counted_pkey") as caught:
            then(connection)
        connection.rollback()
        assert caught.value.__notes__ == [_ADD]
        assert connection.ask(_READ, ()) == []


def test_rows_are_read_in_batches_after_what_was_sent(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({})
        connection.send(_ADD, [(1, "a")])
        with connection.cursor("batches") as cursor:
            assert cursor.execute("select word from counted").fetchall() == [("a",)]
        connection.rollback()


def test_a_rollback_undoes_what_was_sent_and_tells_nothing_of_it(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({})
        connection.send(_ADD, [(1, "a"), (1, "again")])
        connection.rollback()
        assert connection.ask(_READ, ()) == []


def test_what_psycopg_has_the_server_forget_is_prepared_anew(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.send(_ADD, [(1, "a")])
        # Prepared by psycopg itself: with a rollback it has everything forgotten, not its own alone.
        connection.execute("select 1", prepare=True)
        connection.begin({})
        connection.ask(_READ, ())
        connection.rollback()
        assert connection.execute("select count(*) from pg_prepared_statements", prepare=False).fetchall() == [(0,)]
        connection.send(_ADD, [(2, "b")])
        assert connection.ask(_READ, ()) == [(1, "a"), (2, "b")]


def test_what_could_not_be_prepared_after_an_error_is_prepared_later(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({})
        connection.send(_ADD, [(1, "a"), (1, "again")])
        with pytest.raises(errors.UniqueViolation):
            connection.ask(_READ, ())
        with pytest.raises(errors.InFailedSqlTransaction):
            connection.ask(_READ, ())
        connection.rollback()
        connection.send(_ADD, [(1, "a")])
        assert connection.ask(_READ, ()) == [(1, "a")]


def test_a_value_that_cannot_be_told_is_refused_before_anything_is_sent(connections: list[_Waiting]) -> None:
    for connection in connections:
        connection.begin({})
        with pytest.raises(psycopg.ProgrammingError):
            connection.send(_ADD, [(object(), "a")])
        connection.send(_ADD, [(1, "a")])
        connection.commit()
        assert connection.ask(_READ, ()) == [(1, "a")]


def test_of_a_lost_connection_the_next_act_tells(connections: list[_Waiting], url: str | None) -> None:
    for connection in connections:
        connection.begin({})
        connection.ask(_READ, ())
        with psycopg.connect(url or "", autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
        connection.send(_ADD, [(1, "a")])
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
        assert connection.closed
