"""A record that came without an outline gets one in the background."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

from portal.kernel.db import db, transaction
from portal.kernel.jobs import JobState
from portal.recordings.models import Recording
from portal.recordings.outlines import begin_where_missing
from tests.calls.factory import Story
from tests.jobs.finish import finish_jobs
from tests.people import Cast
from tests.recordings.factory import tell_recorded


def test_each_record_without_an_outline_gets_its_own(app: Flask, cast: Cast, tmp_path: Path) -> None:
    stories = [Story(cast.north, is_recorded=True) for _number in range(3)]
    for story in stories:
        tell_recorded(app, story, tmp_path)
    before = _peaks(app, cast.north)
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(Recording).values(peaks=None))

    with app.app_context():
        begin_where_missing(app)
        begin_where_missing(app)
    done = finish_jobs(app, cast.north)

    assert [(job.kind, job.state, job.done) for job in done] == [("record-outlines", JobState.DONE, 3)]
    assert _peaks(app, cast.north) == before


def test_a_record_that_is_gone_stops_nobody(app: Flask, cast: Cast, tmp_path: Path) -> None:
    for _number in range(2):
        tell_recorded(app, Story(cast.north, is_recorded=True), tmp_path)
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(Recording).values(peaks=None))
        first = db.session.scalars(select(Recording).order_by(Recording.id)).first()
        assert first is not None
        assert first.blob is not None
        app.extensions["portal.storage"].delete(first.blob)

    with app.app_context():
        begin_where_missing(app)
    finish_jobs(app, cast.north)

    gone, there = _peaks(app, cast.north)
    assert (gone, bool(there)) == (b"", True)
    with app.app_context():
        begin_where_missing(app)
    assert len(finish_jobs(app, cast.north)) == 1, "nothing is tried for ever"


def _peaks(app: Flask, account_id: int) -> list[bytes | None]:
    with app.app_context(), transaction(account_id, writes=False):
        return list(db.session.scalars(select(Recording.peaks).order_by(Recording.id)))
