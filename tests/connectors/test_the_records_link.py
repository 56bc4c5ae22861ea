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
from tests.recordings.factory import tell_recorded, tell_recorded_in_mp3

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


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_bitrix24_gets_a_record_under_the_name_of_its_format(
    app: Flask, cast: Cast, bitrix_office: Bitrix24Server, tmp_path: Path, suffix: str
) -> None:
    story = Story(cast.north, is_recorded=True)
    if suffix == "wav":
        tell_recorded(app, story, tmp_path)
    else:
        tell_recorded_in_mp3(app, story, tmp_path)

    CrmCarrier(app).round()

    (call,) = bitrix_office.calls.values()
    assert call["record_name"] == f"{story.api_call_id}.{suffix}"


WAV_IS_NOT_PLAYED = "проигрывает только MP3"


def test_the_page_says_that_amocrms_card_does_not_play_what_is_recorded_here(
    app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer, tmp_path: Path
) -> None:
    assert WAV_IS_NOT_PLAYED not in anna.get("/connectors").get_data(as_text=True), "nothing is recorded yet"
    tell_recorded(app, Story(cast.north, is_recorded=True), tmp_path)
    assert WAV_IS_NOT_PLAYED in anna.get("/connectors").get_data(as_text=True)
    tell_recorded_in_mp3(app, Story(cast.north, is_recorded=True), tmp_path)
    assert WAV_IS_NOT_PLAYED not in anna.get("/connectors").get_data(as_text=True)


def test_the_page_of_bitrix24_which_plays_both_says_nothing(
    app: Flask, cast: Cast, anna: Browser, bitrix_office: Bitrix24Server, tmp_path: Path
) -> None:
    tell_recorded(app, Story(cast.north, is_recorded=True), tmp_path)

    assert WAV_IS_NOT_PLAYED not in anna.get("/connectors").get_data(as_text=True)


def test_disconnecting_ends_the_links(
    app: Flask, cast: Cast, anna: Browser, nobody: Browser, amo_office: AmoCrmServer, tmp_path: Path
) -> None:
    amo_office.know(CALLER, owner=12)
    tell_recorded(app, Story(cast.north, is_recorded=True), tmp_path)
    CrmCarrier(app).round()

    anna.submit("/connectors/disconnect")

    assert nobody.get(amo_office.calls[0]["link"].removeprefix(ROOT)).status_code == 404
