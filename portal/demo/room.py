"""What makes room for millions of calls, and what is put in order after them, however the writing ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from flask import Flask, current_app
from sqlalchemy import Connection, Table

from portal.billing.models import LedgerEntry
from portal.calls.log.moments import expect_many_calls, join_parts
from portal.calls.log.textindex import add_key, check_key, drop_index, drop_key, make_index
from portal.calls.models import CallLeg, CallRecord
from portal.demo.chapter import table_of
from portal.kernel.alone import alone, look_for_others
from portal.kernel.aside import SET_ASIDE, put_back, set_aside
from portal.kernel.bulk import one_by_one
from portal.kernel.config import Settings
from portal.kernel.db import is_sqlite, transaction
from portal.kernel.errors import Conflict
from portal.kernel.locks import take_lock

_WRITTEN = [table_of(model) for model in (CallRecord, CallLeg, LedgerEntry)]


@contextmanager
def room_for_many(say: Callable[[str], None]) -> Iterator[None]:
    """Where nobody else uses the installation, the indexes and keys of what is written are set aside, and made at the
    end; on PostgreSQL the large index of texts in any case. So is what an earlier filling lost.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_alone())
            told = "Nobody else uses the installation, and nobody can until its indexes are made at the end."
        except Conflict:
            stack.enter_context(_beside_others())
            told = "The installation runs: this takes several times as long as alone."
        say(told)
        yield


@contextmanager
def joining_texts(account_id: int) -> Iterator[None]:
    """The index of texts joins its parts at the end only: to do so all along would take longer than all the rest."""
    with transaction(account_id):
        expect_many_calls(are_coming=True)
    try:
        yield
    finally:
        with transaction(account_id):
            expect_many_calls(are_coming=False)
            goes_on = join_parts(begin=True)
        while goes_on:
            with transaction(account_id):
                goes_on = join_parts(begin=False)


@contextmanager
def _alone() -> Iterator[None]:
    """Raises `Conflict`, with all as it was, where somebody else is there."""
    settings: Settings = current_app.extensions["portal.settings"]
    lock = take_lock(SET_ASIDE, settings.database_url, settings.data)
    if lock is None:
        raise Conflict("Another account is being filled.")
    with ExitStack() as stack:
        stack.callback(lock.release)
        stack.enter_context(alone(settings))
        try:
            with one_by_one() as connection:
                set_aside(connection, _WRITTEN)
            if not is_sqlite():
                with one_by_one() as connection:
                    drop_key(connection)
                    drop_index(connection)
            # Whoever began meanwhile may have found all in its place; nobody does from here on.
            look_for_others(settings)
            yield
        finally:
            _put_back()


@contextmanager
def _beside_others() -> Iterator[None]:
    if is_sqlite():
        yield
        return
    try:
        with one_by_one() as connection:
            drop_index(connection)
        yield
    finally:
        with one_by_one() as connection:
            make_index(connection, mode="concurrently")
            _learn(connection)


def _put_back() -> None:
    """On PostgreSQL the largest index in one connection, all the rest meanwhile in another."""
    if is_sqlite():
        with one_by_one() as connection:
            put_back(connection)
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    with one_by_one() as connection:
        add_key(connection)
    with ThreadPoolExecutor(1) as pool, one_by_one() as connection:
        coming = pool.submit(_make_largest, app)
        put_back(connection)
        _learn(connection, _WRITTEN)
        coming.result()
        _learn(connection)


def _make_largest(app: Flask) -> None:
    with app.app_context(), one_by_one() as connection:
        check_key(connection)
        make_index(connection)


def _learn(connection: Connection, tables: Iterable[Table] = ()) -> None:
    """Has PostgreSQL look through these tables, or all, as it would by itself a minute later."""
    connection.exec_driver_sql(f"vacuum analyze {', '.join(table.name for table in tables)}")
