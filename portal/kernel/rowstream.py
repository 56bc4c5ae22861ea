"""Rows in great number, handed on while the database still reads: memory stays flat however many there are."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from typing import Any

from flask import Flask, g
from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from portal.kernel.db import db
from portal.kernel.tenancy import Scope

AnyRows = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]


def stream_rows(app: Flask, account_id: int, rows: AnyRows, *, batch: int) -> Generator[Sequence[AnyRow], None, None]:
    """The account's rows as of one moment, `batch` at a time: one statement, read through a cursor of the server's
    where the database has one.

    Session and transaction are this generator's own, and no app context stays open between two batches: whoever takes
    them may be slow, or go away. Closing the generator ends the transaction.
    """
    with ExitStack() as ends:
        with app.app_context():
            g.scope, g.writes = Scope(account_id=account_id), False
            session: Session = ends.enter_context(db.session.session_factory())
            result = ends.enter_context(closing(session.execute(rows, execution_options={"yield_per": batch})))
        yield from result.partitions()
