"""A database of an older state that bears the same revision: said at once, by every way in, with what to do."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.kernel.db import db
from portal.kernel.drift import differences
from portal.kernel.readiness import NotReadyError, check_database, upgrade_database
from tests.server.shell import Shell


@pytest.fixture
def fresh(make_app: Callable[..., Flask], new_database: Callable[[], str]) -> Flask:
    """An installation whose tables are new."""
    return make_app(new_database(), migrate=True)


def test_a_new_database_differs_in_nothing(fresh: Flask) -> None:
    with fresh.app_context(), db.engine.connect() as connection:
        assert differences(connection) == []
    check_database(fresh)


def test_whatever_is_missing_or_must_be_filled_is_named(fresh: Flask, is_postgresql: bool) -> None:
    filled = "add column area varchar(9) not null" + ("" if is_postgresql else " default 'x'")
    with fresh.app_context(), db.engine.begin() as connection:
        connection.execute(text("drop index ix_call_record_live"))
        connection.execute(text(f"alter table did {filled}"))
        connection.execute(text("alter table contact rename column sort_text to sorted_by"))
        found = differences(connection)

    assert {"contact.sort_text", "ix_call_record_live"} <= set(found)
    assert ("did.area" in found) == is_postgresql, "what has a default fills itself"
    for ask in (check_database, upgrade_database):
        with pytest.raises(NotReadyError, match=r"contact\.sort_text.+begin with an empty"):
            ask(fresh)
    answer = fresh.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")


def test_every_way_in_says_so_in_one_line(tmp_path: Path) -> None:
    Shell(tmp_path)("db", "upgrade")
    with closing(sqlite3.connect(tmp_path / "portal.db")) as database:
        database.execute("alter table contact rename column sort_text to sorted_by")
        database.commit()

    for command in ("web", "db upgrade", "demo --port 0"):
        complaint = Shell(tmp_path).run(*command.split()).complaint
        assert re.search(r"other tables than this release \(contact\.sort_text", complaint), command
        assert "portal demo --data" in complaint
