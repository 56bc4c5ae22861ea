"""`portal fill` of an installation that nobody uses sets indexes and keys aside: nobody begins without them, and they
come back whatever happens to it.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.zone import account_zone
from portal.calls.log.filters import CallFilters
from portal.calls.log.pages import call_page
from portal.calls.models import CallLeg, CallRecord
from portal.demo.chapter import table_of
from portal.kernel.aside import put_back, set_aside
from portal.kernel.bulk import one_by_one
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.drift import differences
from portal.kernel.lateindexes import missing_indexes
from tests.server.processes import soon
from tests.server.shell import Shell

MANY = ("fill", "--account", "1", "--calls", "200000")
"""So many that their weeks are copied."""
WRITTEN = [table_of(CallRecord), table_of(CallLeg)]


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """An empty database."""
    return new_database()


@pytest.fixture
def fresh(url: str, make_app: Callable[..., Flask], shell: Shell) -> Flask:
    """The same installation, in this process."""
    del shell
    return make_app(url)


@pytest.fixture
def shell(tmp_path: Path, url: str) -> Shell:
    """A person at an installation with one account that could have had calls."""
    shell = Shell(tmp_path, PORTAL_DATABASE_URL=url, PORTAL_SECRET_KEY="0123456789abcdef" * 4)
    furnish = ("account add North", "line add --account 1 SIP/00000000672", "number add --account 1 74951234567")
    for command in ("db upgrade", *furnish):
        shell(*command.split())
    return shell


@pytest.fixture
def filling(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    """A filling that has begun to write."""
    with shell.begin(*MANY) as process:
        assert process.stdout is not None
        assert "Nobody else uses the installation" in process.stdout.readline()
        assert re.match(r"\d+ of 200000 calls", process.stdout.readline())
        yield process
        process.kill()


def test_nobody_begins_meanwhile_and_after_a_kill_one_command_puts_all_back(
    filling: subprocess.Popen[str], shell: Shell, url: str, make_app: Callable[..., Flask]
) -> None:
    filling.send_signal(signal.SIGSTOP)
    for command in ("account list", "web", "worker", "engine"):
        assert "Wait for its end" in shell.run(*command.split()).complaint, command
    assert "wait for its end" in shell.run("db", "upgrade").complaint

    filling.kill()
    filling.wait()

    assert "run `portal db upgrade`" in shell.run("account", "list").complaint
    # The process that helps it has died when it next looks for it.
    soon(lambda: shell.run("db", "upgrade").code == 0)
    assert shell("account", "list") == "1\tNorth\tactive"
    _is_whole(make_app(url))


def test_after_ctrl_c_all_is_back_at_once(
    filling: subprocess.Popen[str], shell: Shell, url: str, make_app: Callable[..., Flask]
) -> None:
    filling.send_signal(signal.SIGINT)
    filling.wait(timeout=60)

    assert shell("account", "list") == "1\tNorth\tactive"
    _is_whole(make_app(url))


def test_beside_others_nothing_but_indexes_of_texts_is_taken_away(
    shell: Shell, url: str, make_app: Callable[..., Flask]
) -> None:
    with make_app(url).app_context(), db.engine.connect() as connection, shell.begin(*MANY) as process:
        assert process.stdout is not None
        assert "The installation runs" in process.stdout.readline()
        assert differences(connection) == []
        assert shell("account", "list") == "1\tNorth\tactive"
        process.send_signal(signal.SIGINT)


def test_a_row_that_points_at_nothing_does_not_stay_unseen(fresh: Flask) -> None:
    leg = {"call_id": 7, "number": 1, "address": "", "side": "caller", "started_at": now()}
    with fresh.app_context():
        with one_by_one() as connection:
            set_aside(connection, WRITTEN)
        # SQLite's keys stay, and it refuses the row itself.
        with pytest.raises(IntegrityError):
            with transaction(1) as session:
                session.add(CallLeg(**leg))
            with one_by_one() as connection:
                put_back(connection)


def test_what_sqlite_s_planner_was_told_stays(fresh: Flask, is_postgresql: bool) -> None:
    with fresh.app_context():
        before = _told(is_postgresql)
        with one_by_one() as connection:
            set_aside(connection, WRITTEN)
        with one_by_one() as connection:
            assert "ix_call_record_caller" in put_back(connection)
            assert differences(connection) == []
        assert _told(is_postgresql) == before


def _told(is_postgresql: bool) -> Sequence[object]:
    with db.engine.connect() as connection:
        question = "select tbl, idx, stat from sqlite_stat1 order by tbl, idx"
        return [] if is_postgresql else connection.exec_driver_sql(question).all()


def _is_whole(app: Flask) -> None:
    """All that was set aside is there, and each call is found by its number."""
    assert missing_indexes(app) == []
    with app.app_context(), transaction(1, writes=False) as session:
        connection = session.connection()
        assert differences(connection) == []
        if connection.dialect.name == "postgresql":
            key = "select convalidated from pg_constraint where conname = 'call_words_id_fkey'"
            assert connection.exec_driver_sql(key).scalars().all() == [True]
        calls = session.scalars(select(CallRecord).where(CallRecord.caller.startswith("79")).limit(3)).all()
        assert calls
        zone = account_zone()
        assert all(call in call_page(CallFilters(zone=zone, q=call.caller)).rows for call in calls)
