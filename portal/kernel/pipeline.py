"""A connection to PostgreSQL on which what nobody reads is not waited for.

A statement that only writes goes to the server with what is asked next, and its answer comes back with that one's; so
it is with the commit, the rollback and whatever else is done with the connection. This is libpq's pipeline
(https://www.postgresql.org/docs/current/libpq-pipeline-mode.html), by the lower layer of psycopg: its cursors make a
query, a result and the ways of its values anew for each statement, which takes longer than to ask. To send each by
itself, so that the server works on it meanwhile, takes longer as well: it is woken as many times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, TypeAlias

import psycopg
from psycopg.abc import PQGen, Transformer
from psycopg.adapt import PyFormat
from psycopg.adapt import Transformer as TransformerOf
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.waiting import Ready, Wait

Rows: TypeAlias = list[tuple[Any, ...]]
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)
_ENTER = "select set_config($1, $2, true)"


@dataclass(slots=True)
class _Prepared:
    """A statement as this connection knows it, and the ways of its values there and back."""

    name: bytes
    formats: Sequence[PyFormat]
    ways: Transformer
    is_answered: bool = False


@dataclass(slots=True)
class _Sent:
    """A statement that was sent, or that is prepared before, and its answer when that has come."""

    statement: str
    known: _Prepared
    prepares: bool
    answer: PGresult | None = None


class PipelinedConnection(psycopg.Connection[tuple[Any, ...]]):
    """Its statements number their values: $1, $2. The types of these are what the statement makes of them."""

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self._known: dict[str, _Prepared] = {}
        self._numbers = count(1)
        self._sent: list[_Sent] = []

    def begin(self, settings: Mapping[str, str]) -> None:
        """A transaction, in which these settings hold; sent with what is asked first."""
        self._post("begin", ())
        for name, value in settings.items():
            self._post(_ENTER, (name, value))

    def send(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Has it done once for each row of values. Within a transaction its error is raised by what is done next."""
        is_within = self._sent or self.pgconn.transaction_status == TransactionStatus.INTRANS
        for values in rows:
            self._post(statement, values)
        if not is_within:
            self._settle()

    def ask(self, statement: str, values: Sequence[Any]) -> Rows:
        """The rows that it answers."""
        return self._rows(self._post(statement, values))

    def ahead(self, statement: str, values: Sequence[Any]) -> Callable[[], Rows]:
        """Asks with what is asked next, and waits for the rows when they are called for and have not come with that."""
        return partial(self._rows, self._post(statement, values))

    def commit(self) -> None:
        """Keeps what was done, and waits for all of it."""
        if self._sent:
            self._post("commit", ())
            self._settle()
        else:
            super().commit()

    def rollback(self) -> None:
        """Undoes it; of what was sent nobody wants to hear any more."""
        if self._sent:
            with suppress(psycopg.Error):
                self._settle()
        super().rollback()

    def cursor(self, *told: Any, **named: Any) -> Any:
        """As psycopg's, which looks whether it is within a pipeline before it waits for anything."""
        if self._sent:
            self._settle()
        return super().cursor(*told, **named)

    def wait(self, *told: Any, **named: Any) -> Any:
        """Whatever psycopg itself is about to do comes after what was sent."""
        if self._sent:
            self._settle()
        return super().wait(*told, **named)

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        # After a rollback psycopg has the server forget all that is prepared: ours is among that.
        if name is None:
            self._known.clear()
        return super()._deallocate(name)

    def _post(self, statement: str, values: Sequence[Any]) -> _Sent:
        known = self._known.get(statement)
        is_new = known is None
        if known is None:
            name = f"portal_{next(self._numbers)}".encode()
            known = _Prepared(name, [PyFormat.TEXT] * len(values), TransformerOf(self))
        dumped = known.ways.dump_sequence(values, known.formats)
        if not self._sent:
            self.pgconn.enter_pipeline_mode()
        if is_new:
            self.pgconn.send_prepare(known.name, statement.encode())
            self._sent.append(_Sent(statement, known, prepares=True))
            self._known[statement] = known
        self.pgconn.send_query_prepared(known.name, dumped)
        sent = _Sent(statement, known, prepares=False)
        self._sent.append(sent)
        return sent

    def _settle(self) -> None:
        """Waits for the answers to all that was sent; raises the first error among them."""
        sent, self._sent = self._sent, []
        try:
            self.pgconn.pipeline_sync()
            super().wait(self._take(sent))
        finally:
            if self.pgconn.status == ConnStatus.OK:
                self.pgconn.exit_pipeline_mode()
            for each in sent:
                if each.prepares and (each.answer is None or each.answer.status in _FAILED):
                    self._known.pop(each.statement, None)
        for each in sent:
            _check(each)

    def _rows(self, sent: _Sent) -> Rows:
        if sent.answer is None:
            self._settle()
        answer, known = _check(sent), sent.known
        known.ways.set_pgresult(answer, set_loaders=not known.is_answered)
        known.is_answered = True
        return known.ways.load_rows(0, answer.ntuples, tuple)

    def _take(self, sent: Sequence[_Sent]) -> PQGen[None]:
        connection, awaited = self.pgconn, iter(sent)
        while connection.flush():
            if (yield Wait.RW) & Ready.R:
                connection.consume_input()
        while True:
            while connection.is_busy():
                yield Wait.R
                connection.consume_input()
            answer = connection.get_result()
            if answer is None:
                # The end of one statement's answer, or of everything.
                if connection.status != ConnStatus.OK:
                    raise psycopg.OperationalError(connection.get_error_message())
            elif answer.status == ExecStatus.PIPELINE_SYNC:
                return
            else:
                next(awaited).answer = answer


def _check(sent: _Sent) -> PGresult:
    """Its answer. Raises the error that this is, noting whose it is, or the one that kept it from coming."""
    if sent.answer is None or sent.answer.status == ExecStatus.PIPELINE_ABORTED:
        raise psycopg.errors.InFailedSqlTransaction("something that was sent before has failed")
    if sent.answer.status == ExecStatus.FATAL_ERROR:
        fault = error_from_result(sent.answer)
        fault.add_note(sent.statement)
        raise fault
    return sent.answer
