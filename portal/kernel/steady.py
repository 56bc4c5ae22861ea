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


class SteadyConnection:
    """Used by one thread, within an app context. It sees every account, for the reason that it states.

    What it writes may be lost in a power cut or a crash of the database's machine (not of a process): only for work
    that is repeated then anyway.
    """

    def __init__(self, *, everything: str) -> None:
        self._scope = Scope(reason=everything)
        self._bells: Bells = current_app.extensions["portal.bells"]
        self._topics: set[str] = set()
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Committed at the end, undone by an error. A connection that broke is replaced by the next transaction."""
        g.writes = True
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
        # The pool does not get it back: what is set below holds for the whole of it.
        connection.detach()
        self._connection = connection
        if not is_sqlite():
            with connection.begin():
                tell_postgresql(connection, self._scope, is_lasting=True)
                connection.execute(text("set synchronous_commit = off"))
        return connection
