"""North as a company with calls and webhooks."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.browser import Browser
from tests.people import Cast
from tests.webhooks.world import Company


@pytest.fixture
def north(app: Flask, cast: Cast) -> Company:
    """The company of Anna and Boris."""
    return Company(app, cast.north)


@pytest.fixture
def south(app: Flask, cast: Cast) -> Company:
    """The company of Clara."""
    return Company(app, cast.south)


@pytest.fixture
def english_anna(anna: Browser) -> Browser:
    """Anna, who reads English."""
    anna.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return anna


@pytest.fixture
def demo(app: Flask) -> Iterator[None]:
    """The installation is a demo."""
    settings = app.extensions["portal.settings"]
    app.extensions["portal.settings"] = replace(settings, is_demo=True)
    yield
    app.extensions["portal.settings"] = settings
