"""«Задания»: what goes on is seen, ended and asked for again by those who may; strangers find nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.roles import RIGHTS, Role
from portal.accounts.trail.models import AuditEntry
from portal.jobs.keeping import clean_up
from portal.kernel import jobs
from portal.kernel.actor import Actor, set_actor
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobKind, JobState, RunningJob
from portal.web.access import Permission
from tests.browser import Browser
from tests.jobs.finish import finish_jobs
from tests.people import ANNA, BORIS, Cast, Person

KIND = "numbers"


@pytest.fixture(autouse=True)
def kind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that counts, or refuses to."""

    def count(job: RunningJob) -> None:
        if job.arguments.get("refuses"):
            raise Refused(_("There is nothing to listen to."))
        job.progress(3, 3)
        with job.result("Числа.csv", "text/csv; charset=utf-8") as file:
            file.write(b"1;2;3")

    kind = JobKind(KIND, lambda: "Numbers", count, needs=Permission.LISTEN)
    monkeypatch.setitem(app.extensions["portal.jobs"].kinds, KIND, kind)


def ask(app: Flask, account_id: int, person: Person = ANNA, **arguments: object) -> int:
    """A job that this person asked for."""
    from portal.accounts.services import find_user  # noqa: PLC0415

    with app.app_context():
        user_id = find_user(person.email).id
        set_actor(Actor(person.email, user_id))
        with transaction(account_id):
            return jobs.begin(KIND, dict(arguments), subject="One to three").id


def test_a_job_s_way_from_waiting_to_its_result(app: Flask, cast: Cast, anna: Browser) -> None:
    asked = ask(app, cast.north)

    waiting = anna.get(f"/jobs/{asked}").get_data(as_text=True)
    assert "One to three" in waiting
    assert "<progress" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert anna.get(f"/jobs/{asked}/result").status_code == 404

    finish_jobs(app, cast.north)

    ready = anna.get(f"/jobs/{asked}").get_data(as_text=True)
    assert f'href="/jobs/{asked}/result"' in ready
    assert 'http-equiv="refresh"' not in ready
    result = anna.get(f"/jobs/{asked}/result")
    assert (result.get_data(), result.headers["Content-Type"]) == (b"1;2;3", "text/csv; charset=utf-8")
    assert "UTF-8''%D0%A7%D0%B8%D1%81%D0%BB%D0%B0.csv" in result.headers["Content-Disposition"]
    part = anna.get(f"/jobs/{asked}/result", headers={"Range": "bytes=2-"})
    assert (part.status_code, part.get_data()) == (206, b"2;3")
    assert f'href="/jobs/{asked}/result"' in anna.get("/jobs").get_data(as_text=True)


def test_the_list_answers_its_fragment_and_is_empty_at_first(anna: Browser) -> None:
    assert "empty--nothing" in anna.get("/jobs").get_data(as_text=True)
    assert "<h1" not in anna.fragment("/jobs").get_data(as_text=True)


def test_a_job_that_waits_is_cancelled_at_once_and_can_be_asked_for_again(
    app: Flask, cast: Cast, anna: Browser
) -> None:
    asked = ask(app, cast.north)

    assert anna.submit(f"/jobs/{asked}/cancel").status_code == 303
    assert anna.submit(f"/jobs/{asked}/cancel").status_code == 409
    assert finish_jobs(app, cast.north)[0].state == JobState.CANCELLED
    assert anna.submit(f"/jobs/{asked}/again").status_code == 303
    assert [job.state for job in finish_jobs(app, cast.north)] == [JobState.CANCELLED, JobState.DONE]

    with app.app_context(), transaction(cast.north, writes=False):
        lines = set(db.session.scalars(select(AuditEntry.action)))
    assert {"job.cancel", "job.repeat"} <= lines


def test_a_change_that_was_made_is_not_made_again(app: Flask, cast: Cast, anna: Browser, olga: Browser) -> None:
    kinds = app.extensions["portal.jobs"].kinds
    kinds[KIND] = replace(kinds[KIND], repeats=False)
    made, refused = ask(app, cast.north), ask(app, cast.north, refuses=True)
    finish_jobs(app, cast.north)

    assert f"{made}/again" not in anna.get(f"/jobs/{made}").get_data(as_text=True)
    assert f"/{made}/again" not in olga.get("/admin/tasks?state=over").get_data(as_text=True)
    assert anna.submit(f"/jobs/{made}/again").status_code == 409
    assert f"{refused}/again" in anna.get(f"/jobs/{refused}").get_data(as_text=True)
    assert anna.submit(f"/jobs/{refused}/again").status_code == 303


def test_why_it_failed_is_told(app: Flask, cast: Cast, anna: Browser) -> None:
    asked = ask(app, cast.north, refuses=True)
    finish_jobs(app, cast.north)

    assert "There is nothing to listen to." in anna.get(f"/jobs/{asked}").get_data(as_text=True)


def test_a_viewer_ends_only_what_is_his_own(app: Flask, cast: Cast, boris: Browser, anna: Browser) -> None:
    annas, his, other = ask(app, cast.north), ask(app, cast.north, BORIS), ask(app, cast.north, BORIS)

    assert boris.submit(f"/jobs/{annas}/cancel").status_code == 403
    assert boris.submit(f"/jobs/{his}/cancel").status_code == 303
    assert anna.submit(f"/jobs/{other}/cancel").status_code == 303


def test_who_may_not_see_the_kind_does_not_see_the_job(
    app: Flask, cast: Cast, boris: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(app, cast.north)
    monkeypatch.setitem(RIGHTS, Role.VIEWER, RIGHTS[Role.VIEWER] - {Permission.LISTEN})

    assert boris.get(f"/jobs/{asked}").status_code == 404
    assert boris.get(f"/jobs/{asked}/result").status_code == 404
    assert "One to three" not in boris.get("/jobs").get_data(as_text=True)


def test_a_stranger_finds_nothing(app: Flask, cast: Cast, clara: Browser, nobody: Browser) -> None:
    asked = ask(app, cast.north)
    finish_jobs(app, cast.north)

    for path in (f"/jobs/{asked}", f"/jobs/{asked}/result"):
        assert clara.get(path).status_code == 404
        assert nobody.get(path).status_code == 303
    for act in ("cancel", "again"):
        assert clara.submit(f"/jobs/{asked}/{act}").status_code == 404
    assert "One to three" not in clara.get("/jobs").get_data(as_text=True)


def test_a_result_goes_when_it_has_expired_and_the_page_says_so(app: Flask, cast: Cast, anna: Browser) -> None:
    asked = ask(app, cast.north)
    job = finish_jobs(app, cast.north)[0]
    with app.app_context():
        clean_up(app)
    assert anna.get(f"/jobs/{asked}/result").status_code == 200

    with app.app_context():
        with transaction(cast.north):
            db.session.get_one(Job, asked).expires_at = now()
        clean_up(app)

    assert anna.get(f"/jobs/{asked}/result").status_code == 404
    assert "not kept any more" in anna.get(f"/jobs/{asked}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert job.result_blob is not None
    assert app.extensions["portal.storage"].size(job.result_blob) is None
