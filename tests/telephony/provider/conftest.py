from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.calls.journal import Journal
from portal.kernel.db import transaction
from portal.recordings.sink import Sink
from portal.telephony.provider.duties import Duties, Means
from portal.telephony.provider.models import ProviderLink
from portal.telephony.provider.services import LinkSettings, provider_link, save_link
from tests.people import Cast
from tests.telephony.exchange import wire
from tests.telephony.provider.server import KEY, Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that answers."""
    with Provider() as running:
        yield running


@pytest.fixture
def north(app: Flask, cast: Cast, provider: Provider) -> int:
    """North takes its calls from that provider."""
    wire(app, cast.north)
    join(app, cast.north, provider)
    return cast.north


@pytest.fixture
def duties(app: Flask, north: int, tmp_path: Path) -> Duties:
    """The work for North, to be done by hand."""
    return duties_of(app, north, tmp_path)


def duties_of(app: Flask, account_id: int, folder: Path) -> Duties:
    return Duties(account_id, Means(app, "main", Journal(app), Sink(app), folder / "tape"))


def join(app: Flask, account_id: int, provider: Provider, key: str = KEY) -> None:
    with app.app_context(), transaction(account_id):
        save_link(app.extensions["portal.vault"], LinkSettings(provider.url, key))


def link_of(app: Flask, account_id: int) -> ProviderLink:
    with app.app_context(), transaction(account_id, writes=False):
        link = provider_link()
        assert link is not None
        return link
