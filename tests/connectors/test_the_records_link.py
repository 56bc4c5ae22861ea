"""The record's link in the CRM's card plays that one record, for as long as the CRM is connected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from portal.connectors.telling.carrier import CrmCarrier
from tests.browser import Browser
from tests.calls.factory import CALLER, Story
from tests.connectors.amocrm import AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.people import Cast
from tests.recordings.factory import tell_recorded

ROOT = "https://cabinet.example"


@pytest.fixture(autouse=True)
def public(app: Flask) -> Iterator[None]:
    """The installation knows where it answers."""
    settings = app.extensions["portal.settings"]
    app.extensions["portal.settings"] = replace(settings, public_url=ROOT)
    yield
    app.extensions["portal.settings"] = settings


@pytest.mark.parametrize("crm", ["amo_office", "bitrix_office"])
def test_the_records_link_is_in_the_crm_and_plays(
    app: Flask, cast: Cast, nobody: Browser, request: pytest.FixtureRequest, crm: str, tmp_path: Path
) -> None:
    server: AmoCrmServer | Bitrix24Server = request.getfixturevalue(crm)
    if isinstance(server, AmoCrmServer):
        server.know(CALLER, owner=12)
    audio = tell_recorded(app, Story(cast.north, is_recorded=True), tmp_path)

    carrier = CrmCarrier(app)
    carrier.round()

    told = server.calls[0]["link"] if isinstance(server, AmoCrmServer) else next(iter(server.calls.values()))["record"]
    assert re.fullmatch(rf"{ROOT}/crm-records/[\w-]{{40,}}", told)
    heard = nobody.get(told.removeprefix(ROOT))
    assert heard.get_data() == audio
    heard.close()
    assert nobody.get("/crm-records/" + "x" * 43).status_code == 404


def test_disconnecting_ends_the_links(
    app: Flask, cast: Cast, anna: Browser, nobody: Browser, amo_office: AmoCrmServer, tmp_path: Path
) -> None:
    amo_office.know(CALLER, owner=12)
    tell_recorded(app, Story(cast.north, is_recorded=True), tmp_path)
    CrmCarrier(app).round()

    anna.submit("/connectors/disconnect")

    assert nobody.get(amo_office.calls[0]["link"].removeprefix(ROOT)).status_code == 404
