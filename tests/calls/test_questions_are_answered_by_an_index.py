"""Part of a number or a name is looked up in an index, also behind row-level security; it follows the calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Select, TextualSelect, select, text

from portal.calls.log import bytext, moments, ways
from portal.calls.log.filters import CallFilters
from portal.calls.log.pages import call_page
from portal.calls.log.textindex import INDEX, holders
from portal.calls.models import CallRecord
from portal.kernel import clock
from portal.kernel.db import db, is_sqlite, transaction
from portal.kernel.readiness import upgrade_database
from tests.calls.factory import NOON, Story, tell
from tests.people import Cast

CALLERS = ("79031112233", "79034445566", "79037778899")


@pytest.fixture
def north(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> int:
    """Three calls, of which none is near: whoever looks must ask the index. South was called by the same people."""
    monkeypatch.setattr(ways.nearest, "__defaults__", (1,))
    for module in (ways, bytext):
        monkeypatch.setattr(module, "FAR", 1)
    for account_id in (cast.north, cast.south):
        tell(app, *(Story(account_id, caller=caller).finished() for caller in CALLERS))
    return cast.north


def test_the_database_uses_the_index(app: Flask, north: int) -> None:
    with app.app_context(), transaction(north, writes=False):
        if is_sqlite():
            asked = moments.asked('"444"', 0, 1 << 40, classes=[1], oldest_first=False, limit=9)
            plan = _plan("explain query plan", asked)
            assert "VIRTUAL TABLE INDEX" in plan
            assert "COVERING INDEX ix_call_record_account_id_started_at_id (account_id=? AND started_at>?" in plan
        else:
            # Of so few rows it would read all, if it may.
            db.session.connection().exec_driver_sql("set local enable_seqscan = off")
            for needle in ("444", "4445", "444556", "igor"):
                plan = _plan("explain", _named(needle))
                # Of few days, by text and days at once.
                assert f"Bitmap Index Scan on {INDEX}" in plan
                assert "marks && " in plan


def _named(needle: str) -> Select[Any]:
    moment = clock.now()
    return holders([needle], moment - timedelta(days=9), moment, oldest_first=False, limit=9)


def test_a_call_is_found_by_what_it_is_known_by_now(app: Flask, north: int) -> None:
    with app.app_context(), transaction(north):
        call = db.session.scalars(select(CallRecord).where(CallRecord.caller == CALLERS[1])).one()
        call.search_text = "|79035550000|"

    with app.app_context(), transaction(north, writes=False):
        assert _found("4445") == []
        assert _found("5550000") == [(north, CALLERS[1])]
        assert _found("7903111") == [(north, CALLERS[0])]


def test_neighbours_calls_hide_nothing(app: Flask, north: int, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytext, "_SECONDS_AT_ONCE", (8, 9, 10))
    # A day of its own: the index never forgets at which seconds other tests' companies had calls.
    between = [NOON - timedelta(days=99, minutes=minute) for minute in range(60)]
    tell(app, Story(north, caller="79035556677", started_at=NOON - timedelta(days=100)).finished())
    tell(app, *(Story(cast.south, caller="79035556677", started_at=moment).finished() for moment in between))

    with app.app_context(), transaction(north, writes=False):
        assert _found("5556677") == [(north, "79035556677")]


def test_four_digits_are_found_wherever_they_stand_in_a_number(app: Flask, north: int) -> None:
    words = ("|9901|", "|59901|", "|99015|", "|1299013|", "|9901|;igor 9902;", "|990|1|", "|9910|")
    tell(app, *(Story(north, started_at=NOON - timedelta(days=day)).finished() for day in range(200, 200 + len(words))))
    with app.app_context(), transaction(north):
        newest_first = select(CallRecord).order_by(CallRecord.started_at.desc())
        told = db.session.scalars(newest_first.where(CallRecord.started_at < NOON - timedelta(days=199))).all()
        for call, by in zip(told, words, strict=True):
            call.search_text = by

    with app.app_context(), transaction(north, writes=False):
        assert _texts("9901") == list(words[:5])
        assert _texts("igor 9902") == [words[4]]
        assert _texts("igor 9901") == []


def test_a_call_that_moves_to_another_day_is_found_there(app: Flask, north: int) -> None:
    day = NOON - timedelta(days=300)
    with app.app_context(), transaction(north):
        db.session.scalars(select(CallRecord).where(CallRecord.caller == CALLERS[2])).one().started_at = day

    with app.app_context(), transaction(north, writes=False):
        for question in ("7778", "77788", "777"):
            assert _texts(question, on=day.date()) != []


def _texts(question: str, on: date | None = None) -> list[str]:
    page = call_page(CallFilters(zone=ZoneInfo("Europe/Moscow"), q=question, first_day=on, last_day=on))
    return [call.search_text for call in page.rows]


def _found(question: str) -> list[tuple[int, str]]:
    page = call_page(CallFilters(zone=ZoneInfo("Europe/Moscow"), q=question))
    return [(call.account_id, call.caller) for call in page.rows]


def _plan(explain: str, rows: Select[Any] | TextualSelect) -> str:
    connection = db.session.connection()
    compiled = rows.compile(connection, compile_kwargs={"literal_binds": True})
    explained = text(f"{explain} {compiled}".replace("%%", "%"))
    return "\n".join(str(line) for line in connection.execute(explained))


def test_who_has_just_made_the_database_asks_it_by_the_plans_of_a_long_log(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    made = make_app(f"sqlite:///{tmp_path}/new.db")
    upgrade_database(made)

    with made.app_context(), transaction(1, writes=False):
        named = select(CallRecord).where(CallRecord.account_id == 1, CallRecord.api_call_id.in_(["a" * 32, "b" * 32]))
        newest_first = named.order_by(CallRecord.started_at.desc(), CallRecord.id.desc()).limit(50)
        # Not along all calls by their time, which a planner takes that thinks an account has ten.
        assert "(account_id=? AND api_call_id=?)" in _plan("explain query plan", newest_first)
