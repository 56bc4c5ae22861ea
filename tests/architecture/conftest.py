"""The app as the architecture tests see it: whole, and not yet asked anything."""

from collections.abc import Callable

import pytest
from flask import Flask


@pytest.fixture(scope="session")
def house(make_app: Callable[..., Flask], database_url: str) -> Flask:
    """For what can be read off an app without asking it; its database may be empty of tables."""
    return make_app(database_url)
