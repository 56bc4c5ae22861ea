"""An import that was cancelled or failed on its way: it is seen as such, and what it brought can be taken back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.contacts.exchange import imports
from portal.contacts.exchange import job as exchange
from portal.contacts.exchange.models import ContactImport, ImportState
from portal.jobs.services import cancel
from portal.kernel.db import db
from portal.kernel.errors import Conflict
from portal.kernel.jobs import Job, JobState, RunningJob
from portal.kernel.jobs.work import Work
from tests.browser import Browser
from tests.contacts.desk import inside
from tests.contacts.test_bring_and_take_files import book, bring, the_import, work
from tests.people import Cast

EN = {"Accept-Language": "en"}
THREE = "name;phone\n" + "".join(f"Petr {n};+7 903 111-22-3{n}\n" for n in range(3))


def begun(app: Flask, account_id: int, anna: Browser) -> str:
    """A file of three contacts is to be taken in, one at a time; answers its page."""
    bring(anna, THREE.encode())
    page = f"/contacts/import/{the_import(app, account_id).id}"
    assert anna.submit(f"{page}/begin").status_code == 303
    return page


def newest_job(app: Flask, account_id: int) -> int:
    with inside(app, account_id):
        return db.session.scalars(select(Job.id).order_by(Job.id.desc())).first() or pytest.fail("none")


@pytest.fixture
def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[RunningJob], None]], None]:
    """Something happens after the second batch of one record, once."""
    monkeypatch.setattr(exchange, "_AT_ONCE", 1)
    go_on = RunningJob.progress

    def arrange(happens: Callable[[RunningJob], None]) -> None:
        def progress(job: RunningJob, done: int, total: int | None = None) -> None:
            if done == 2:
                monkeypatch.setattr(RunningJob, "progress", go_on)
                happens(job)
            go_on(job, done, total)

        monkeypatch.setattr(RunningJob, "progress", progress)

    return arrange


def test_one_that_was_cancelled_tells_what_it_brought_and_is_taken_back(
    app: Flask, cast: Cast, anna: Browser, in_the_middle: Callable[[Callable[[RunningJob], None]], None]
) -> None:
    page = begun(app, cast.north, anna)

    def cancelled(job: RunningJob) -> None:
        with inside(app, cast.north), pytest.raises(Conflict):
            imports.undo_import(db.session.scalars(select(ContactImport)).one())
        with inside(app, cast.north):
            cancel(db.session.get_one(Job, job.id))
        job.beat()

    in_the_middle(cancelled)
    assert work(app, cast.north).state == JobState.CANCELLED
    assert len(book(app, cast.north)) == 2

    shown = anna.get(page, headers=EN).get_data(as_text=True)
    assert "stopped before the end" in shown
    assert "New contacts that it brought until then: 2, merged: 0" in shown
    assert f'action="{page}/undo"' in shown
    assert "stopped before the end" in anna.get("/contacts/import", headers=EN).get_data(as_text=True)
    assert anna.submit(f"{page}/undo").status_code == 303
    work(app, cast.north)
    assert book(app, cast.north) == []
    row = the_import(app, cast.north)
    assert row.state == ImportState.UNDONE
    assert app.extensions["portal.storage"].size(row.blob) is None


def test_while_its_job_waits_nothing_is_taken_back(app: Flask, cast: Cast, anna: Browser) -> None:
    page = begun(app, cast.north, anna)

    assert f"{page}/undo" not in anna.get(page).get_data(as_text=True)
    assert anna.submit(f"{page}/undo").status_code == 409
    anna.submit(f"/jobs/{newest_job(app, cast.north)}/cancel")
    assert f"{page}/undo" in anna.get(page).get_data(as_text=True)


def test_one_that_failed_goes_on_where_it_is_asked_again_and_is_whole_then(
    app: Flask, cast: Cast, anna: Browser, in_the_middle: Callable[[Callable[[RunningJob], None]], None]
) -> None:
    page = begun(app, cast.north, anna)

    def fails(_job: RunningJob) -> None:
        raise OSError("the disk is away")

    in_the_middle(fails)
    failed = work(app, cast.north)
    assert failed.state == JobState.FAILED
    assert f"{page}/undo" in anna.get(page).get_data(as_text=True)

    assert anna.submit(f"/jobs/{failed.id}/again").status_code == 303
    assert f"{page}/undo" not in anna.get(page).get_data(as_text=True)
    work(app, cast.north)
    assert (the_import(app, cast.north).state, len(book(app, cast.north))) == (ImportState.DONE, 3)


def test_what_is_taken_back_is_not_taken_in_beside_it(
    app: Flask, cast: Cast, anna: Browser, in_the_middle: Callable[[Callable[[RunningJob], None]], None]
) -> None:
    """The end of the first job is not known to it yet: a process that was thought dead."""
    begun(app, cast.north, anna)

    def taken_back(_job: RunningJob) -> None:
        with inside(app, cast.north):
            db.session.scalars(select(ContactImport)).one().state = ImportState.UNDOING

    in_the_middle(taken_back)

    assert work(app, cast.north).state == JobState.FAILED
    assert len(book(app, cast.north)) == 2
    assert the_import(app, cast.north).state == ImportState.UNDOING


def test_taking_back_that_was_cancelled_is_asked_again(app: Flask, cast: Cast, anna: Browser) -> None:
    page = begun(app, cast.north, anna)
    work(app, cast.north)
    anna.submit(f"{page}/undo")
    assert anna.submit(f"{page}/undo").status_code == 409
    anna.submit(f"/jobs/{newest_job(app, cast.north)}/cancel")
    assert len(book(app, cast.north)) == 3

    assert anna.submit(f"{page}/undo").status_code == 303
    Work(app, timedelta(seconds=30)).do(cast.north, newest_job(app, cast.north))
    assert book(app, cast.north) == []


def test_a_sign_that_no_database_keeps_is_refused_wherever_it_stands(app: Flask, cast: Cast, anna: Browser) -> None:
    lines = THREE + "Far below;+7 916 111-22-33\n" * 1000

    assert bring(anna, (lines + "Pe\0tr;+7 916 111-22-44\n").encode()).status_code == 422
    card = "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:Pe=00tr\nNOTE;CHARSET=utf-7;ENCODING=QUOTED-PRINTABLE:+2AA-\n"
    bring(anna, f"{card}TEL:+7 903 111-22-33\nEND:VCARD\n".encode(), "phone.vcf")
    anna.submit(f"/contacts/import/{the_import(app, cast.north).id}/begin")
    assert work(app, cast.north).state == JobState.DONE
    assert book(app, cast.north) == [("Petr", "", ["79031112233"])]
