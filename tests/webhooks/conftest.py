"""North as a company with calls and webhooks."""

import pytest
from flask import Flask

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
