"""Who listened to a record and who took it away stands on the call's page, for those who may know."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.api_keys import reveal_api_key
from portal.kernel.db import db, transaction
from portal.recordings.hearing import note_packed
from portal.recordings.models import RecordHearing
from tests.browser import Browser
from tests.calls.factory import Story
from tests.jobs.finish import finish_jobs
from tests.people import Cast
from tests.recordings.factory import tell_recorded


@pytest.fixture
def call(app: Flask, cast: Cast, tmp_path: Path) -> str:
    """The page of a recorded call of North."""
    story = Story(cast.north, is_recorded=True)
    tell_recorded(app, story, tmp_path)
    return f"/calls/{story.api_call_id}"


def heard(app: Flask, cast: Cast) -> list[tuple[str, str]]:
    with app.app_context(), transaction(cast.north, writes=False):
        rows = db.session.scalars(select(RecordHearing).order_by(RecordHearing.id)).all()
    return [(row.who, row.kind) for row in rows]


def test_a_listening_is_noted_once_and_each_download(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, call: str
) -> None:
    assert "<th" not in anna.get(call).get_data(as_text=True).partition('id="record"')[2].partition("</section>")[0]
    anna.head(f"{call}/record")
    anna.get(f"{call}/record", headers={"Range": "bytes=99999999-"})
    assert heard(app, cast) == []

    for start in (0, 5000, 10_000):
        boris.get(f"{call}/record", headers={"Range": f"bytes={start}-"})
    for _time in range(2):
        anna.get(f"{call}/record?download=1")

    assert heard(app, cast) == [
        ("boris@north.example", "listened"),
        ("anna@north.example", "downloaded"),
        ("anna@north.example", "downloaded"),
    ]
    page = anna.get(call).get_data(as_text=True)
    assert "boris@north.example" in page
    assert page.count("скачана") == 2
    assert "anna@north.example" not in boris.get(call).get_data(as_text=True).partition("<main")[2]


def test_an_archive_takes_each_of_its_records_away_once(app: Flask, cast: Cast, anna: Browser, call: str) -> None:
    anna.submit("/calls/archive")
    job = finish_jobs(app, cast.north)[-1]

    assert heard(app, cast) == [("anna@north.example", "packed")]
    assert "взята в архив" in anna.get(call).get_data(as_text=True)
    with app.app_context(), transaction(cast.north):  # as one that is done anew after a kill
        note_packed(db.session.scalars(select(RecordHearing.recording_id)).all(), job.id)
    assert len(heard(app, cast)) == 1


def test_a_program_is_noted_too(app: Flask, cast: Cast, nobody: Browser, call: str) -> None:
    with app.app_context(), transaction(cast.north):
        key = reveal_api_key(app.extensions["portal.vault"])
    address = f"/api.php/telephony/get_record?api_call_id={call.rpartition('/')[2]}"

    for _time in range(2):
        assert nobody.get(address, headers={"Authorization": f"Bearer {key}"}).status_code == 200

    assert [(who.partition(" ")[0], kind) for who, kind in heard(app, cast)] == [("API", "listened")]
