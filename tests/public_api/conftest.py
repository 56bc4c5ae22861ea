"""Two accounts with a CRM each, and buckets that are full."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.public_api.limits import Limits
from portal.public_api.views import door
from tests.people import Cast
from tests.public_api.crm import Crm, key_of


@pytest.fixture
def north(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """North's CRM."""
    # Rows of the test before are gone; what a process has taken out of them must go too.
    monkeypatch.setattr(door, "limits", Limits())
    return Crm(app, cast.north, key_of(app, cast.north))


@pytest.fixture
def south(app: Flask, cast: Cast) -> Crm:
    """South's CRM: the stranger."""
    return Crm(app, cast.south, key_of(app, cast.south))
