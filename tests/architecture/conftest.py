"""The app as the architecture tests see it: whole, with an installation of its own, not yet asked anything."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from portal.kernel.config import load_settings

MakeApp = Callable[[str], Flask]


@pytest.fixture(scope="session")
def house_on(tmp_path_factory: pytest.TempPathFactory) -> MakeApp:
    """Makes an app on a database URL."""

    def make(database_url: str) -> Flask:
        data: Path = tmp_path_factory.mktemp("house")
        environment = {"PORTAL_DATA": str(data), "PORTAL_DATABASE_URL": database_url, "PORTAL_SECRET_KEY": "x" * 32}
        return create_app(load_settings(environment), "command")

    return make


@pytest.fixture(scope="session")
def house(house_on: MakeApp, database_url: str) -> Flask:
    """The app on an empty database: for what can be read off it without asking it."""
    return house_on(database_url)
