"""North's office with Ann, Ben and Cat, who all take calls of new contacts."""

import pytest
from flask import Flask

from tests.people import Cast
from tests.routing.office import Office, furnish


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    office = furnish(app, cast.north, "Ann", "Ben", "Cat")
    office.receive("Ann", "Ben", "Cat")
    return office
