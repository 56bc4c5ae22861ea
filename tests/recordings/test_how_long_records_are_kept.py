"""Retention: a rule with a preview, deletions in small steps, and a log of what went and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.jobs import JobState
from portal.recordings import retention
from portal.recordings.models import Recording, RecordingState
from portal.recordings.removal import let_all_go
from portal.recordings.retention import begin_where_due
from tests.browser import Browser
from tests.calls.factory import Story
from tests.jobs.finish import finish_jobs
from tests.people import Cast
from tests.recordings.factory import tell_recorded


@pytest.fixture
def calls(app: Flask, cast: Cast, tmp_path: Path) -> list[str]:
    """Three recorded calls of North: of today, and of 40 and 50 days ago; and an old one of South."""
    stories = [Story(cast.north, is_recorded=True) for _number in range(3)]
    for story, days in zip([*stories, Story(cast.south, is_recorded=True)], (0, 40, 50, 60), strict=True):
        tell_recorded(app, story, tmp_path)
        with app.app_context(), transaction(story.account_id):
            newest = select(Recording.id).order_by(Recording.id.desc()).limit(1).scalar_subquery()
            aged = update(Recording).where(Recording.id == newest).values(created_at=now() - timedelta(days=days))
            db.session.execute(aged.execution_options(synchronize_session=False))
    return [story.api_call_id for story in stories]


def records(app: Flask, account_id: int) -> list[tuple[RecordingState, bool]]:
    """State of each record, and whether the store still has it, oldest first."""
    with app.app_context(), transaction(account_id, writes=False):
        rows = db.session.scalars(select(Recording).order_by(Recording.id)).all()
    storage = app.extensions["portal.storage"]
    return [(row.state, bool(row.blob and storage.size(row.blob))) for row in rows]


def test_a_rule_is_previewed_saved_and_carried_out(
    app: Flask, cast: Cast, anna: Browser, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 1)

    preview = anna.submit("/records", {"keep": "days", "days": "30"})
    assert "2 записи" in preview.get_data(as_text=True)
    assert records(app, cast.north)[1] == (RecordingState.READY, True), "nothing yet"
    assert anna.submit("/records", {"keep": "days", "days": "30", "confirmed": "1"}).status_code == 303

    with app.app_context():
        begin_where_due(app)
        begin_where_due(app)
    done = finish_jobs(app, cast.north)

    assert [(job.kind, job.state, job.done) for job in done] == [("record-retention", JobState.DONE, 2)]
    assert records(app, cast.north) == [(RecordingState.READY, True), *[(RecordingState.EXPIRED, False)] * 2]
    assert records(app, cast.south) == [(RecordingState.READY, True)]
    log = anna.get("/records").get_data(as_text=True)
    assert log.count("истёк срок хранения") == 2
    page = anna.get(f"/calls/{calls[1]}").get_data(as_text=True)
    assert "рок хранения" in page
    assert calls[1] not in anna.get("/calls?record=yes").get_data(as_text=True)


def test_a_preview_of_thousands_is_read_at_a_glance(anna: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "preview", lambda _days: retention.Preview(12_345, 10**9, now()))

    page = anna.submit("/records", {"keep": "days", "days": "30"}).get_data(as_text=True)

    assert "12\u00a0345 записей" in page


def test_without_a_rule_nothing_is_deleted(app: Flask, cast: Cast, anna: Browser, calls: list[str]) -> None:
    anna.submit("/records", {"keep": "days", "days": "30", "confirmed": "1"})
    anna.submit("/records", {"keep": "ever"})

    with app.app_context():
        begin_where_due(app)

    assert finish_jobs(app, cast.north) == []


@pytest.mark.parametrize("days", ["", "0", "-1", "many", "99999999999"])
def test_a_number_of_days_that_cannot_be_is_refused(anna: Browser, days: str) -> None:
    answer = anna.submit("/records", {"keep": "days", "days": days, "confirmed": "1"})

    assert answer.status_code == 422
    assert "error-summary" in answer.get_data(as_text=True)


def test_one_record_is_deleted_by_hand_for_ever(app: Flask, cast: Cast, anna: Browser, calls: list[str]) -> None:
    page = f"/calls/{calls[0]}"
    assert "<dialog" in anna.get(page).get_data(as_text=True)

    assert anna.submit(f"{page}/record/delete").status_code == 303

    assert records(app, cast.north)[0] == (RecordingState.DELETED, False)
    assert anna.get(f"{page}/record").status_code == 404
    assert anna.submit(f"{page}/record/delete").status_code == 404
    log = anna.get("/records").get_data(as_text=True)
    assert "удалена вручную" in log
    assert "anna@north.example" in log


def test_what_a_crash_left_in_the_store_goes_later(app: Flask, cast: Cast, calls: list[str]) -> None:
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(Recording).values(state=RecordingState.DELETED))

    with app.app_context():
        let_all_go(app)

    assert records(app, cast.north) == [(RecordingState.DELETED, False)] * 3
    assert records(app, cast.south) == [(RecordingState.READY, True)]


def test_a_record_that_the_store_has_lost_is_noted_once(
    app: Flask, cast: Cast, anna: Browser, calls: list[str]
) -> None:
    with app.app_context(), transaction(cast.north, writes=False):
        blob = db.session.scalars(select(Recording.blob).order_by(Recording.id)).first()
    assert blob is not None
    app.extensions["portal.storage"].delete(blob)

    for _time in range(2):
        assert anna.get(f"/calls/{calls[0]}/record").status_code == 404

    removed = anna.get("/records").get_data(as_text=True).partition("<main")[2].partition("</main>")[0]
    assert removed.count("нет в хранилище") == 1
    assert records(app, cast.north)[0][0] == RecordingState.READY, "it may come back"


def test_only_an_admin_of_the_account_may(app: Flask, boris: Browser, clara: Browser, calls: list[str]) -> None:
    delete = f"/calls/{calls[0]}/record/delete"

    assert boris.submit(delete).status_code == 403
    assert boris.get("/records").status_code == 403
    assert "delete-record" not in boris.get(f"/calls/{calls[0]}").get_data(as_text=True)
    assert clara.submit(delete).status_code == 404
