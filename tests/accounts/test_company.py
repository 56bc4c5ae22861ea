"""«Компания»: whom the provider may ask, and another time zone with all that was counted by day."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from portal.accounts.services import find_account
from portal.accounts.zone import is_moving
from portal.calls.log import recount
from portal.calls.log.filters import CallFilters
from portal.calls.log.totals import counted_totals, kept_totals
from portal.kernel.db import transaction
from portal.kernel.jobs import RunningJob
from tests.browser import Browser
from tests.calls.factory import NOON, Story, tell_whole
from tests.contacts.desk import actions
from tests.jobs.finish import finish_jobs
from tests.people import Cast

VERA = {"name": "Вера Дуб", "position": "Бухгалтер", "matter": "money", "phone": "8 (903) 111-22-33", "email": ""}
FAR = ZoneInfo("Asia/Vladivostok")


def test_a_contact_person_is_added_changed_removed_and_brought_back(app: Flask, cast: Cast, anna: Browser) -> None:
    assert anna.submit("/company/persons/new", VERA).status_code == 303
    page = anna.get("/company").get_data(as_text=True)
    assert "Вера Дуб" in page
    assert "tel:+79031112233" in page
    (person_id,) = re.findall(r'id="person-(\d+)"', page)

    changed = VERA | {"email": "Vera@north.example", "phone": ""}
    assert anna.submit(f"/company/persons/{person_id}", changed).status_code == 303
    assert "vera@north.example" in anna.get("/company").get_data(as_text=True)
    assert anna.submit(f"/company/persons/{person_id}/remove").status_code == 303
    assert "Вера Дуб" not in re.sub(r"(?s)<div class=\"toasts.*", "", anna.get("/company").get_data(as_text=True))
    assert anna.submit(f"/company/persons/{person_id}/restore").status_code == 303
    assert "vera@north.example" in anna.get("/company").get_data(as_text=True)
    assert {f"contact-person.{act}" for act in ("add", "edit", "remove", "restore")} <= set(actions(app, cast.north))


def test_wrong_input_is_said_at_its_field_and_nothing_is_lost(anna: Browser) -> None:
    for wrong in (
        {"name": " "},
        {"phone": ""},
        {"phone": "12"},
        {"email": "nobody"},
        {"matter": "x"},
        {"name": "x" * 201},
    ):
        answer = anna.submit("/company/persons/new", VERA | wrong)
        assert answer.status_code == 422, wrong
        assert "Бухгалтер" in answer.get_data(as_text=True)
    assert 'id="person-' not in anna.get("/company").get_data(as_text=True)


def test_two_who_change_one_person_see_both_versions(anna: Browser) -> None:
    anna.submit("/company/persons/new", VERA)
    (person_id,) = re.findall(r'id="person-(\d+)"', anna.get("/company").get_data(as_text=True))
    path = f"/company/persons/{person_id}"
    shown = re.search(r'name="based_on"[^>]*value="([^"]+)"', anna.get(path).get_data(as_text=True))
    assert shown
    anna.submit(path, VERA | {"name": "Вера Клён", "based_on": shown[1]})

    answer = anna.submit(path, VERA | {"name": "Вера Ясень", "based_on": shown[1]})

    assert answer.status_code == 409
    assert "Вера Клён" in answer.get_data(as_text=True)
    assert "Вера Ясень" in answer.get_data(as_text=True)


def test_the_operator_reads_them(anna: Browser, olga: Browser, cast: Cast) -> None:
    anna.submit("/company/persons/new", VERA)

    assert "Вера Дуб" in olga.get(f"/admin/accounts/{cast.north}").get_data(as_text=True)


def test_another_account_neither_sees_nor_touches_them(anna: Browser, clara: Browser) -> None:
    anna.submit("/company/persons/new", VERA)
    (person_id,) = re.findall(r'id="person-(\d+)"', anna.get("/company").get_data(as_text=True))

    assert clara.get(f"/company/persons/{person_id}").status_code == 404
    for act in ("", "/remove", "/restore"):
        assert clara.submit(f"/company/persons/{person_id}{act}", VERA).status_code == 404
    assert "Вера Дуб" in anna.get("/company").get_data(as_text=True)


def _a_week_of_calls(app: Flask, account_id: int) -> None:
    for hours in range(0, 24 * 7, 5):
        answered = 4.0 if hours % 2 else None
        tell_whole(app, Story(account_id, started_at=NOON - timedelta(hours=hours), answered_after=answered))


def _is_a_recount(app: Flask, account_id: int, zone: ZoneInfo) -> None:
    with app.app_context(), transaction(account_id, writes=False):
        kept = kept_totals(CallFilters(zone=zone))
        assert kept is not None
        assert kept.sums == counted_totals(CallFilters(zone=zone)).sums
        for column in kept.columns:
            of_day = CallFilters(zone=zone, first_day=column.first_day, last_day=column.last_day)
            assert column.sums == counted_totals(of_day).sums
        assert not is_moving()
        assert find_account(account_id).time_zone == zone.key


def test_another_time_zone_moves_the_days_of_all_calls(app: Flask, cast: Cast, anna: Browser) -> None:
    _a_week_of_calls(app, cast.north)
    with app.app_context(), transaction(cast.north, writes=False):
        earlier = kept_totals(CallFilters(zone=ZoneInfo("Europe/Moscow")))

    assert anna.submit("/company/time-zone", {"time_zone": FAR.key}).status_code == 303
    assert FAR.key in anna.get("/company").get_data(as_text=True)
    finish_jobs(app, cast.north)
    tell_whole(app, Story(cast.north, started_at=NOON - timedelta(days=1)))

    with app.app_context(), transaction(cast.north, writes=False):
        kept = kept_totals(CallFilters(zone=FAR))
        assert kept is not None
        assert earlier is not None
        assert [column.sums.calls for column in kept.columns] != [column.sums.calls for column in earlier.columns]
        assert kept.sums.calls == earlier.sums.calls + 1
        account = find_account(cast.north)
        assert (account.time_zone, account.billing_zone) == (FAR.key, "Europe/Moscow")
    _is_a_recount(app, cast.north, FAR)
    assert FAR.key in anna.get("/calls").get_data(as_text=True)
    assert "account.time-zone" in actions(app, cast.north)


def test_a_call_between_the_count_and_the_change_is_counted(
    app: Flask, cast: Cast, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _a_week_of_calls(app, cast.north)
    anna.submit("/company/time-zone", {"time_zone": FAR.key})
    count = recount._count_all

    def count_and_be_called(*told: Any) -> Any:
        counted = count(*told)
        tell_whole(app, Story(cast.north, started_at=NOON - timedelta(days=2)))
        return counted

    monkeypatch.setattr(recount, "_count_all", count_and_be_called)
    finish_jobs(app, cast.north)

    _is_a_recount(app, cast.north, FAR)


def test_a_run_that_was_thought_dead_takes_nothing_from_the_next(
    app: Flask, cast: Cast, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _a_week_of_calls(app, cast.north)
    anna.submit("/company/time-zone", {"time_zone": FAR.key})
    count = recount._count_all

    def count_beside_a_second_run(job: RunningJob, zone: ZoneInfo) -> Any:
        counted = count(job, zone)
        monkeypatch.setattr(recount, "_count_all", count)
        tell_whole(app, Story(cast.north, started_at=NOON - timedelta(days=2)))
        recount.move(job)
        return counted

    monkeypatch.setattr(recount, "_count_all", count_beside_a_second_run)
    finish_jobs(app, cast.north)

    _is_a_recount(app, cast.north, FAR)


def test_a_change_that_fails_leaves_the_days_as_they_were(
    app: Flask, cast: Cast, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _a_week_of_calls(app, cast.north)
    anna.submit("/company/time-zone", {"time_zone": FAR.key})
    monkeypatch.setattr(recount, "add_many_totals", _fail)
    finish_jobs(app, cast.north)
    tell_whole(app, Story(cast.north, started_at=NOON - timedelta(days=2)))

    _is_a_recount(app, cast.north, ZoneInfo("Europe/Moscow"))
    monkeypatch.undo()
    assert anna.submit("/company/time-zone", {"time_zone": FAR.key}).status_code == 303
    finish_jobs(app, cast.north)
    _is_a_recount(app, cast.north, FAR)


def _fail(*_told: object) -> None:
    raise OSError("the disk is full")


def test_calls_that_end_while_the_zone_changes_are_counted_once(app: Flask, cast: Cast, anna: Browser) -> None:
    _a_week_of_calls(app, cast.north)
    anna.submit("/company/time-zone", {"time_zone": FAR.key})
    # Near midnight in the one zone or the other, some as the first ones of their day.
    stories = [Story(cast.north, started_at=NOON + timedelta(hours=hours)) for hours in range(-12, 12)]

    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(tell_whole, app, story) for story in stories]
        finish_jobs(app, cast.north)
        for each in told:
            each.result()

    _is_a_recount(app, cast.north, FAR)


def test_a_zone_that_is_none_and_a_second_change_are_refused(app: Flask, cast: Cast, anna: Browser) -> None:
    for wrong in ("Mars/Olympus", "", "Europe", "../../etc/passwd", "right/Europe/Moscow"):
        assert anna.submit("/company/time-zone", {"time_zone": wrong}).status_code == 422, wrong
    assert anna.submit("/company/time-zone", {"time_zone": "Europe/Moscow"}).status_code == 303
    assert anna.submit("/company/time-zone", {"time_zone": FAR.key}).status_code == 303
    assert anna.submit("/company/time-zone", {"time_zone": "Asia/Omsk"}).status_code == 409

    finish_jobs(app, cast.north)
    assert FAR.key in anna.get("/profile").get_data(as_text=True)


def test_a_visitor_does_not_come_in(boris: Browser) -> None:
    assert boris.get("/company").status_code == 403
    assert boris.submit("/company/time-zone", {"time_zone": FAR.key}).status_code == 403
