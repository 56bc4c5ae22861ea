"""A job is done once, in its account's name, and its row tells the truth about it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Account
from portal.calls.models import CallRecord
from portal.contacts.models import Contact
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import JobState, RunningJob
from portal.kernel.tenancy import TenancyError, current_account_id
from tests.kernel.jobs.bench import PATIENCE_SECONDS, Bench
from tests.people import Cast


def test_a_job_is_done_and_its_result_is_kept_for_a_while(bench: Bench) -> None:
    def count(job: RunningJob) -> None:
        for number in range(job.arguments["to"]):
            job.progress(number + 1, job.arguments["to"])
        with job.result("numbers.txt", "text/plain") as file:
            file.write(b"1 2 3")
        job.note("All of them.")

    bench.offers("count", count)
    asked = bench.asks("count", to=3)
    assert bench.job(asked).state == JobState.WAITING

    with bench.runs():
        job = bench.waits(asked)

    assert (job.state, job.done, job.total, job.attempts) == (JobState.DONE, 3, 3, 1)
    assert (job.result_name, job.result_octets, job.note) == ("numbers.txt", 5, "All of them.")
    assert job.result_blob is not None
    assert b"".join(bench.app.extensions["portal.storage"].chunks(job.result_blob)) == b"1 2 3"
    assert job.expires_at is not None
    assert timedelta(days=6) < job.expires_at - now() < timedelta(days=8)


def test_a_job_sees_its_account_alone(bench: Bench, cast: Cast) -> None:
    seen: list[object] = []

    def look(job: RunningJob) -> None:
        with job.transaction() as session:
            session.add(Contact(name="Petr"))
        with job.transaction(writes=False):
            seen.extend([current_account_id(), *db.session.scalars(select(Contact.account_id))])
        with pytest.raises(TenancyError):
            db.session.scalars(select(CallRecord.id)).all()

    bench.offers("look", look)
    for each in (bench, Bench(bench.app, cast.south)):
        asked = each.asks("look")
        with each.runs():
            assert each.waits(asked).state == JobState.DONE

    assert seen == [cast.north, cast.north, cast.south, cast.south]


def test_what_a_job_refuses_is_told_in_its_words_and_a_fault_is_not(bench: Bench) -> None:
    def refuse(_job: RunningJob) -> None:
        raise Refused(_("There is nothing to listen to."))

    def break_(_job: RunningJob) -> None:
        raise RuntimeError("password=hunter2")

    bench.offers("refuse", refuse)
    bench.offers("break", break_)
    refused, broken = bench.asks("refuse"), bench.asks("break")

    with bench.runs():
        told, silent = bench.waits(refused), bench.waits(broken)

    assert (told.state, told.error) == (JobState.FAILED, "There is nothing to listen to.")
    assert (silent.state, silent.error) == (JobState.FAILED, None)


def test_a_job_that_is_cancelled_ends_and_leaves_no_result(bench: Bench) -> None:
    begun = threading.Event()

    def last(job: RunningJob) -> None:
        with job.result("half.txt", "text/plain") as file:
            file.write(b"half")
            begun.set()
            while True:
                job.check()
                time.sleep(0.01)

    bench.offers("last", last)
    asked = bench.asks("last")

    with bench.runs(lease=timedelta(seconds=1)):
        assert begun.wait(PATIENCE_SECONDS)
        bench.changes(asked, is_cancel_asked=True)
        job = bench.waits(asked)

    assert (job.state, job.result_blob) == (JobState.CANCELLED, None)
    assert bench.app.extensions["portal.storage"].size(f"jobs/{job.account_id}/{asked}-1") is None


def test_a_runner_that_is_told_to_end_gives_its_job_back(bench: Bench) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def last(job: RunningJob) -> None:
        begun.set()
        while not may_end.wait(0.01):
            job.check()

    bench.offers("last", last)
    asked = bench.asks("last")
    with bench.runs():
        assert begun.wait(PATIENCE_SECONDS)
    job = bench.job(asked)
    assert (job.state, job.attempts, job.claim) == (JobState.WAITING, 0, None)

    may_end.set()
    with bench.runs():
        assert bench.waits(asked).state == JobState.DONE


def test_one_account_s_many_jobs_do_not_keep_another_s_waiting(bench: Bench, cast: Cast) -> None:
    release, at_once = threading.Event(), []

    def last(job: RunningJob) -> None:
        at_once.append(job.account_id)
        while not release.wait(0.01):
            job.check()

    bench.offers("last", last)
    south = Bench(bench.app, cast.south)
    mine = [bench.asks("last") for _number in range(5)]
    theirs = south.asks("last")

    with bench.runs():
        south.waits(theirs, JobState.RUNNING)
        bench.waits(mine[0], JobState.RUNNING)
        assert [bench.job(each).state for each in mine[1:]] == [JobState.WAITING] * 4
        release.set()
        assert {bench.waits(each).state for each in mine} == {JobState.DONE}

    assert at_once.count(cast.north) == 5


def test_a_job_that_is_lost_in_the_queue_is_found_in_the_table(bench: Bench) -> None:
    bench.offers("nothing", lambda _job: None)
    asked = bench.asks("nothing")
    bench.changes(asked, queued_at=now() - timedelta(minutes=2))

    with bench.runs():
        assert bench.waits(asked).state == JobState.DONE


def test_a_job_that_every_process_dies_of_is_given_up(bench: Bench) -> None:
    bench.offers("nothing", lambda _job: None)
    asked = bench.asks("nothing")
    long_ago = now() - timedelta(minutes=2)
    bench.changes(asked, state=JobState.RUNNING, claim="x" * 32, lease_until=long_ago, attempts=3)

    with bench.runs():
        assert bench.waits(asked).state == JobState.FAILED


def test_whoever_lost_the_lease_writes_nothing(bench: Bench) -> None:
    stolen = threading.Event()

    def work(job: RunningJob) -> None:
        if job.attempt > 1:
            return
        bench.changes(job.id, claim="y" * 32)
        stolen.set()
        with job.result("stale.txt", "text/plain") as file:
            file.write(b"stale")

    bench.offers("work", work)
    asked = bench.asks("work")

    with bench.runs():
        assert stolen.wait(PATIENCE_SECONDS)
    job = bench.job(asked)

    assert (job.state, job.claim, job.result_blob) == (JobState.RUNNING, "y" * 32, None)
    assert bench.app.extensions["portal.storage"].size(f"jobs/{job.account_id}/{asked}-1") is None


def test_nobody_asks_for_what_no_room_offers(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no room offers"):
        bench.asks("nonsense")
    assert bench.app.extensions["portal.jobs"].kinds.get(Account.__tablename__) is None
