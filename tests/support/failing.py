"""Makes an act's statements fail, one after another, and its commit: what is done by half is seen in the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from sqlalchemy import event, select

from portal.kernel.db import Model, db, transaction

MOST = 120
"""No act asks the database more often; one that does is looked at, and not driven for minutes."""
_WRITTEN = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
_COMMIT = "COMMIT"


class Broken(Exception):
    """The database is gone in the middle."""


@contextmanager
def breaking(app: Flask, place: int) -> Iterator[list[str]]:
    """The statement at this place fails, commits counted in; the list tells how far it came."""
    seen: list[str] = []

    def count(statement: str) -> None:
        seen.append(statement)
        if len(seen) == place:
            raise Broken

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            count(statement)

    def commit(_connection: Any) -> None:
        count(_COMMIT)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", commit)


def leaves_old_or_new(app: Flask, act: Callable[[], object]) -> None:
    """Breaks at the first place, at the second, until nothing breaks any more.

    After each break the tables that were written to are as they were; after the last run something is new. An act
    that commits in the middle is found by that, too.
    """
    old = rows(app)
    for place in range(1, MOST):
        with breaking(app, place) as seen, suppress(Broken):
            act()
        if len(seen) < place:
            break
        touched = {found[1] for statement in seen if (found := _WRITTEN.match(statement))}
        now = rows(app, touched)
        assert now == {name: old[name] for name in now}, seen[-1]
    else:
        raise AssertionError(f"the act is not through after {MOST} statements")
    assert place > 3, "the act asked the database for next to nothing"
    assert rows(app) != old, "the act changed nothing"


def rows(app: Flask, names: Collection[str] | None = None) -> dict[str, list[str]]:
    """Every row of all tables, or of these."""
    with app.app_context(), transaction(everything="a test", writes=False) as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in Model.metadata.sorted_tables
            if names is None or table.name in names
        }


def within(
    app: Flask, account_id: int | None, act: Callable[[], object], *, everything: str | None = None
) -> Callable[[], None]:
    """The act as a request does it: in the account, in one transaction."""

    def run() -> None:
        with app.test_request_context(), transaction(account_id, everything=everything):
            act()

    return run
