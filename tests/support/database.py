"""Plugin: the database of this run, SQLite or PostgreSQL, by the option `--database`.

With PostgreSQL one server serves the whole run, each xdist worker with databases of its own names; what asks for no
database is left to the run on SQLite.
"""

import itertools
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import PostgresAddress, PostgresServer

SERVER = pytest.StashKey[PostgresServer]()
KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=KINDS, default="sqlite", help="what the portal stores its rows in")


def pytest_configure(config: pytest.Config) -> None:
    # A worker of xdist works on the server that the first process started.
    if config.getoption("--database") == "postgresql" and not hasattr(config, "workerinput"):
        config.stash[SERVER] = PostgresServer()


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := config.stash.get(SERVER, None):
        server.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database") != "postgresql":
        return
    others = [item for item in items if "new_database" not in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    if server := node.config.stash.get(SERVER, None):
        node.workerinput["postgres"] = asdict(server.address)


def postgres_of(config: pytest.Config) -> PostgresAddress:
    """The server of a run on PostgreSQL."""
    worker = getattr(config, "workerinput", None)
    return PostgresAddress(**worker["postgres"]) if worker else config.stash[SERVER].address


@pytest.fixture(scope="session")
def is_postgresql(pytestconfig: pytest.Config) -> bool:
    """Whether this run is on PostgreSQL."""
    return bool(pytestconfig.getoption("--database") == "postgresql")


@pytest.fixture(scope="session")
def new_database(
    pytestconfig: pytest.Config, is_postgresql: bool, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Makes an empty database at each call and gives its SQLAlchemy URL; they all go with the run."""
    worker = getattr(pytestconfig, "workerinput", {})
    names = (f"portal_{worker.get('workerid', 'main')}_{number}" for number in itertools.count(1))
    if not is_postgresql:
        folder: Path = tmp_path_factory.mktemp("databases")
        return lambda: f"sqlite:///{folder / next(names)}.db"
    postgres = postgres_of(pytestconfig)
    return lambda: postgres.create_database(next(names))


@pytest.fixture(scope="session")
def database_url(new_database: Callable[[], str]) -> str:
    """The URL of this process's own database, empty at first."""
    return new_database()
