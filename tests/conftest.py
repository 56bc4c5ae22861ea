"""The installation that tests run against: the real app on a real database, cleaned between tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from portal.app import create_app
from portal.kernel.config import load_settings
from portal.kernel.db import Model, db
from portal.routing.lookup import LookupDesk
from tests import people
from tests.browser import Browser, signed_in
from tests.people import ANNA, BORIS, CLARA, OLGA, Cast, Person

pytest_plugins = [
    "tests.support.database",
    "tests.support.receiver",
    "tests.support.postbox",
    "tests.support.properties",
    "tests.support.sockets",
    "tests.support.chromium",
    "tests.support.bucket",
]


@pytest.fixture(scope="session")
def make_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Flask]]:
    """Makes an app over a database whose tables are there already, or are made by `migrate=True`."""
    made: list[Flask] = []

    def make(database_url: str, *, migrate: bool = False, data: Path | None = None, **settings: str) -> Flask:
        environ = {
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_SECRET_KEY": "0123456789abcdef" * 4,
            "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8",
            "PORTAL_LOG_LEVEL": "warning",
            "PORTAL_WEB_THREADS": "8",
            **settings,
        }
        app = create_app(load_settings(environ, data=data or tmp_path_factory.mktemp("data")))
        app.testing = True
        if migrate:
            with app.app_context():
                upgrade()
        made.append(app)
        return app

    yield make
    for app in made:
        # What it keeps open to receivers would be found unclosed at the end of the run.
        app.extensions["portal.http"].close()
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def migrated_app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    """One app for the whole run; `app` hands it out clean."""
    return make_app(database_url, migrate=True)


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The app on an empty database."""
    _empty(migrated_app)
    # Whom the test before had listening is else known for a second, and offered what this one looks for in the queue.
    for remembered in ("portal.webhook_workers", "portal.call_classes"):
        migrated_app.extensions.pop(remembered, None)
    desk = migrated_app.extensions["portal.lookups"] = LookupDesk(migrated_app)
    yield migrated_app
    # A late answer would be written into the database of the next test.
    desk.close()
    migrated_app.extensions["portal.turns"].write()
    with migrated_app.app_context():
        db.session.remove()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """North with Anna and Boris, South with Clara, and Olga the operator."""
    return people.settle(app)


@pytest.fixture
def browse(app: Flask, cast: Cast) -> Callable[[Person], Browser]:
    """Gives a browser in which a person has signed in."""
    return lambda person: signed_in(app, person)


@pytest.fixture
def anna(browse: Callable[[Person], Browser]) -> Browser:
    """North's admin."""
    return browse(ANNA)


@pytest.fixture
def boris(browse: Callable[[Person], Browser]) -> Browser:
    """North's viewer."""
    return browse(BORIS)


@pytest.fixture
def clara(browse: Callable[[Person], Browser]) -> Browser:
    """South's admin: the stranger."""
    return browse(CLARA)


@pytest.fixture
def olga(browse: Callable[[Person], Browser]) -> Browser:
    """The operator."""
    return browse(OLGA)


@pytest.fixture
def nobody(app: Flask, cast: Cast) -> Browser:
    """A visitor who has not signed in."""
    return Browser(app, use_cookies=True)


def _empty(app: Flask) -> None:
    """Deletes every row, children first, in one round trip where the database takes several statements at once.

    What is append-only goes with its account.
    """
    tables = [table for table in reversed(Model.metadata.sorted_tables) if not table.info.get("append_only")]
    statements = [str(table.delete()) for table in tables]
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("; ".join(["set local portal.account = 'all'", *statements]))
        else:
            for statement in statements:
                connection.exec_driver_sql(statement)
