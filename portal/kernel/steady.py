"""A connection that one thread keeps for its many short transactions over all accounts.

A session of the ORM costs more than the database does where a transaction is four small statements that never change:
opening it, asking its guards and building each statement took four fifths of the time of a webhook's delivery.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from portal.kernel.bells import Bells
from portal.kernel.db import db, is_sqlite, notify
from portal.kernel.tenancy import Scope, tell_postgresql

# To plan a statement that claims took longer than to run it; and what a plan was made for, a table that was still
# empty, is not what there is later. With all of one receiver in the queue every index looks as good as the right one,
# and a sort or a hash of the whole as cheap as the few rows that a claim wants.
_FOR_FEW_STATEMENTS = (
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",
    "enable_bitmapscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_incremental_sort = off",
)


class SteadyConnection:
    """Used by one thread, within an app context. It sees every account, for the reason that it states.

    Its statements are few, and each must have an index for what it reads: PostgreSQL plans them once, without regard
    to how much there is.
    """

    def __init__(self, *, everything: str, writes: bool = True, is_whole: bool = True) -> None:
        """One that never `writes` waits for no writer, and on PostgreSQL asks no transaction of the server.

        Neither does one whose transactions need not be whole: PostgreSQL keeps each statement by itself. To ask it to
        begin and to end takes as long as to have it do something, and each answer must wait for Python's lock.
        """
        self._writes = writes
        self.keeps_each = writes and not is_whole and not is_sqlite()
        """What is executed is kept at once, not with the end of the transaction."""
        self._scope = Scope(reason=everything)
        self._bells: Bells = current_app.extensions["portal.bells"]
        self._topics: set[str] = set()
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Committed at the end, undone by an error, but for what was kept by then.

        A connection that broke is replaced by the next transaction.
        """
        g.writes = self._writes
        try:
            connection = self._connection or self._open()
            with connection.begin():
                yield connection
                if self._topics and self._bells.rings_in_transaction:
                    notify(connection, self._topics)
                    self._topics.clear()
        except DBAPIError:
            self.close()
            raise
        finally:
            g.writes = False
        if self._topics:
            self._bells.ring(self._topics)
            self._topics.clear()

    def ring(self, *topics: str) -> None:
        """Rings after the commit of the present transaction, or of the next one."""
        self._topics.update(topics)

    def close(self) -> None:
        """Gives the connection up; the next transaction opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        connection = db.engine.connect()
        if not self._writes or self.keeps_each:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        # The pool does not get it back: what is set below holds for the whole of it.
        connection.detach()
        self._connection = connection
        if not is_sqlite():
            with connection.begin():
                tell_postgresql(connection, self._scope, is_lasting=True)
                for setting in _FOR_FEW_STATEMENTS:
                    connection.execute(text(f"set {setting}"))
        return connection
