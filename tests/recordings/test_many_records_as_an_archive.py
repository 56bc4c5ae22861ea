"""The records of a choice as one ZIP: made in the background, with a list of what is missing."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.kernel.db import db, transaction
from portal.kernel.jobs import Job, JobState
from portal.recordings import archive
from portal.recordings.models import Recording
from tests.browser import Browser
from tests.calls.factory import NOON, Story, tell_whole
from tests.jobs.finish import finish_jobs
from tests.people import Cast
from tests.recordings.factory import tell_recorded


@pytest.fixture
def talks(app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Three recorded calls, two of them at the same second, and one without a record."""
    monkeypatch.setattr(archive, "_AT_ONCE", 2)
    tell_whole(app, Story(cast.north, started_at=NOON - timedelta(hours=1)))
    times = (NOON, NOON, NOON + timedelta(hours=1))
    return [
        tell_recorded(app, Story(cast.north, is_recorded=True, started_at=at), tmp_path, seconds=number + 1)
        for number, at in enumerate(times)
    ]


def pack(app: Flask, cast: Cast, browser: Browser, query: str = "") -> tuple[Job, bytes]:
    """What a person gets who presses the button and waits."""
    begun = browser.submit(f"/calls/archive{query}")
    assert begun.status_code == 303
    job = finish_jobs(app, cast.north)[-1]
    return job, browser.get(f"{begun.headers['Location']}/result").get_data()


def test_each_record_is_in_it_once_under_a_name_for_people(
    app: Flask, cast: Cast, anna: Browser, talks: list[bytes]
) -> None:
    job, packed = pack(app, cast, anna)

    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        assert found.testzip() is None
        assert sorted(found.read(name) for name in found.namelist()) == sorted(talks)
        assert "2026-11-23 12-00-00 +7 903 999-88-77 (2).wav" in found.namelist()
        assert {entry.date_time for entry in found.infolist()} == {(2026, 11, 23, 12, 0, 0), (2026, 11, 23, 13, 0, 0)}
    assert (job.state, job.done, job.total, job.note) == (JobState.DONE, 3, 3, None)


def test_a_filter_packs_what_it_shows(app: Flask, cast: Cast, anna: Browser, talks: list[bytes]) -> None:
    refused, nothing = pack(app, cast, anna, "?direction=out")

    assert (refused.state, bool(refused.error)) == (JobState.FAILED, True)
    assert nothing.startswith(b"<!doctype")


def test_one_missing_file_stops_nothing_and_is_told(app: Flask, cast: Cast, anna: Browser, talks: list[bytes]) -> None:
    with app.app_context(), transaction(cast.north, writes=False):
        blob = db.session.scalars(select(Recording.blob).order_by(Recording.id)).first()
    assert blob is not None
    app.extensions["portal.storage"].delete(blob)

    job, packed = pack(app, cast, anna)

    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        assert found.testzip() is None
        assert len(found.namelist()) == 3
        missing = found.read("чего нет.txt").decode("utf-8-sig")
    assert "2026-11-23 12-00-00 +7 903 999-88-77" in missing
    assert job.note is not None
    assert "1" in job.note


def test_too_much_is_refused_with_its_size(
    app: Flask, cast: Cast, anna: Browser, talks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_OCTETS", 50_000)

    job, _nothing = pack(app, cast, anna)

    assert job.state == JobState.FAILED
    assert job.error is not None
    assert "187" in job.error


def test_a_stranger_packs_his_own_alone(app: Flask, cast: Cast, clara: Browser, talks: list[bytes]) -> None:
    clara.submit("/calls/archive")

    job = finish_jobs(app, cast.south)[-1]

    assert job.state == JobState.FAILED
