"""A PostgreSQL that got pg_trgm after the portal: it is said at the start, and the command makes what was missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from psycopg import sql

from portal.calls.log.textindex import knows_text
from portal.contacts import services as book
from portal.contacts.wordindex import has_word_index
from portal.kernel.db import transaction
from portal.kernel.lateindexes import make_missing_indexes, missing_indexes, tell_missing_indexes
from tests import people
from tests.calls.factory import Story, tell_whole
from tests.support.database import postgres_of


def test_what_the_migration_could_not_make_is_told_and_made_when_it_can_be(
    make_app: Callable[..., Flask],
    new_database: Callable[[], str],
    pytestconfig: pytest.Config,
    is_postgresql: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not is_postgresql:
        assert not missing_indexes(make_app(new_database(), migrate=True)), "SQLite has its own"
        return
    server, name = postgres_of(pytestconfig), "bare"
    app = make_app(server.create_bare_database(name), migrate=True)
    cast = people.settle(app)
    _write(app, cast.north, "Petr Oak", "79039998877")
    with app.app_context(), transaction(cast.north, writes=False):
        assert not knows_text()
        assert not has_word_index()

    tell_missing_indexes(app)
    assert "create extension pg_trgm" in capsys.readouterr().err
    assert make_missing_indexes(app) == [], "the role may not add it"
    server.execute(name, sql.SQL("CREATE EXTENSION pg_trgm"))
    assert make_missing_indexes(app) == ["call_words", "contact_words"]

    _write(app, cast.north, "Vera Elm", "79031112233")
    tell_missing_indexes(app)
    assert "pg_trgm" not in capsys.readouterr().err
    with app.app_context(), transaction(cast.north, writes=False) as session:
        assert knows_text()
        assert has_word_index()
        for question in ("select words from call_words", "select words from contact_words"):
            words = " ".join(session.connection().exec_driver_sql(question).scalars())
            assert "9998877" in words, "of before"
            assert "1112233" in words, "of after"


def _write(app: Flask, account_id: int, name: str, number: str) -> None:
    with app.app_context(), transaction(account_id):
        book.add_contact(name, [f"+{number}"])
    tell_whole(app, Story(account_id, caller=number, did=None))
