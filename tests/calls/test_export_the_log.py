"""The call log as a file: the whole choice, in the background, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from portal.calls.export import job as export_job
from portal.calls.export.csv_file import as_text
from portal.calls.models import CallRecord
from portal.kernel.db import db, transaction
from portal.kernel.jobs import JobState
from portal.web.spreadsheet import harmless
from tests.browser import Browser
from tests.calls.factory import NOON, Story, tell_whole
from tests.jobs.finish import finish_jobs
from tests.people import Cast

IDS = re.compile(r'href="/calls/([0-9a-f]{32})"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few calls make several pages of an export."""
    monkeypatch.setattr(export_job, "_AT_ONCE", 7)


def talk(app: Flask, cast: Cast, count: int = 1) -> list[Story]:
    """So many calls of North, two minutes apart, each other one missed."""
    return [
        tell_whole(
            app,
            Story(
                cast.north,
                started_at=NOON + timedelta(minutes=2 * number),
                answered_after=None if number % 2 else 5.0,
                caller=f"7903999{number:04}",
            ),
        )
        for number in range(count)
    ]


def export(app: Flask, cast: Cast, browser: Browser, query: str = "", form: str = "csv") -> bytes:
    """What a person gets who presses the button and waits."""
    begun = browser.submit(f"/calls/export{query}", {"format": form})
    assert begun.status_code == 303
    job = finish_jobs(app, cast.north)[-1]
    assert job.state == JobState.DONE, job.error
    return browser.get(f"{begun.headers['Location']}/result").get_data()


def rows(exported: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    """A CSV as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig")), delimiter=delimiter))


def test_a_russian_excel_opens_it(app: Flask, cast: Cast, anna: Browser) -> None:
    story = talk(app, cast)[0]
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(CallRecord).values(price=Decimal("1733.5"), caller_name="Игорь; «Север»"))

    exported = export(app, cast, anna)

    assert exported.startswith(b"\xef\xbb\xbf")
    assert exported.count(b"\r\n") == 2
    row = rows(exported)[0]
    assert row["Время"] == "23.11.2026 12:00:00"
    assert (row["Кто"], row["Имя"], row["Цена"]) == ("7 903 999-00-00", "Игорь; «Север»", "1733,50")
    assert (row["Разговор, с"], row["Запись"]) == ("60", "нет")
    assert row["Id для CRM"] == story.api_call_id


def test_an_english_one_too(app: Flask, cast: Cast, anna: Browser) -> None:
    talk(app, cast)
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(CallRecord).values(price=Decimal("1.5")))
    anna.submit("/preferences", {"locale": "en", "next": "/calls"})

    row = rows(export(app, cast, anna), ",")[0]

    assert (row["Time"], row["Price"], row["Outcome"]) == ("2026-11-23 12:00:00", "1.50", "answered")


@pytest.mark.parametrize("query", ["", "?outcome=missed", "?q=999000", "?direction=out"])
def test_the_pages_together_are_the_export(app: Flask, cast: Cast, anna: Browser, query: str) -> None:
    talk(app, cast, 60)
    shown: list[str] = []
    address: str | None = f"/calls{query}"
    while address:
        page = anna.get(address).get_data(as_text=True)
        shown += IDS.findall(page)
        found = NEXT.search(page)
        address = found[1].replace("&amp;", "&") if found else None

    exported = [row["Id для CRM"] for row in rows(export(app, cast, anna, query))]

    assert exported == shown
    assert bool(shown) == (query != "?direction=out")


def test_a_workbook_has_true_times_and_numbers_and_texts(app: Flask, cast: Cast, anna: Browser) -> None:
    talk(app, cast, 21)
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(CallRecord).values(price=Decimal("1.5"), caller_name="=1+1"))

    sheet = _sheets(export(app, cast, anna, form="xlsx"))[0]
    first = next(iter(sheet.iter_rows(min_row=2)))

    assert sheet.max_row == 22
    assert [cell.data_type for cell in first] == [*"dssss", "s", "n", "s", *"nnn", "s", "s"]
    assert (first[3].value, first[4].value, first[10].value) == ("+7 903 999-00-20", "=1+1", 1.5)
    assert (first[3].number_format, first[0].value) == (
        "@",
        (NOON + timedelta(hours=3, minutes=40)).replace(tzinfo=None),
    )


def test_what_does_not_fit_one_sheet_goes_on_the_next(
    app: Flask, cast: Cast, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.calls.export.workbook.ROWS_OF_A_SHEET", 8)
    talk(app, cast, 20)

    sheets = _sheets(export(app, cast, anna, form="xlsx"))

    assert [sheet.max_row for sheet in sheets] == [9, 9, 5]
    assert {sheet["A1"].value for sheet in sheets} == {"Время"}
    assert [sheet.title for sheet in sheets] == ["Звонки", "Звонки 2", "Звонки 3"]


def test_a_name_cannot_become_a_formula(app: Flask, cast: Cast, anna: Browser) -> None:
    talk(app, cast)
    with app.app_context(), transaction(cast.north):
        db.session.execute(update(CallRecord).values(caller_name='=HYPERLINK("http://evil.example","Pay")'))

    assert rows(export(app, cast, anna))[0]["Имя"] == '\'=HYPERLINK("http://evil.example","Pay")'


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.from_regex(r"[\t \xa0]*[=+@\-].*"))
def test_no_text_begins_a_formula(text: str) -> None:
    cell = harmless(text)

    assert cell in (text, f"'{text}")
    assert not cell.strip(" \u00a0")[:1].strip() or cell.strip(" \u00a0")[0] not in "=+-@\t\r\n\0"


@pytest.mark.parametrize(
    ("address", "cell"),
    [
        ("79039998877", "7 903 999-88-77"),
        ("442079460958", "44-20-7946-0958"),
        ("SIP/00000000672", "SIP/00000000672"),
        ("112", "112"),
        ("0011", "'0011"),
        ("1234567890123456", "'1234567890123456"),
    ],
)
def test_a_number_stays_text(address: str, cell: str) -> None:
    assert as_text(address) == cell


def test_the_page_tells_how_many_and_of_what(
    app: Flask, cast: Cast, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(app, cast, 21)

    page = anna.get("/calls/export?outcome=missed&from=nonsense").get_data(as_text=True)
    assert "10 звонков" in page
    assert "пропущен" in page
    assert 'href="/calls/export?outcome=missed"' in anna.get("/calls?outcome=missed").get_data(as_text=True)

    monkeypatch.setattr(export_job, "MOST_COUNTED", 14)
    assert "10\u00a0000+" in anna.get("/calls/export?q=903").get_data(as_text=True)
    assert "21 звонок" in anna.get("/calls/export").get_data(as_text=True)
    assert "disabled" in anna.get("/calls/export?direction=out").get_data(as_text=True)

    monkeypatch.setattr("portal.calls.views.export.count_calls", lambda _filters: 60_453)
    assert "60\u00a0453 звонка" in anna.get("/calls/export").get_data(as_text=True)


def test_a_viewer_may_and_strangers_get_their_own(
    app: Flask, cast: Cast, boris: Browser, clara: Browser, nobody: Browser
) -> None:
    talk(app, cast, 3)
    tell_whole(app, replace(Story(cast.north), account_id=cast.south))

    assert len(rows(export(app, cast, boris))) == 3
    begun = clara.submit("/calls/export", {"format": "csv"})
    finish_jobs(app, cast.south)
    assert len(rows(clara.get(f"{begun.headers['Location']}/result").get_data())) == 1
    assert nobody.get("/calls/export").status_code == 303


def test_nonsense_and_greed_are_refused(app: Flask, cast: Cast, anna: Browser) -> None:
    assert anna.submit("/calls/export", {"format": "exe"}).status_code == 422

    answers = [anna.submit("/calls/export", {"format": "csv"}).status_code for _number in range(21)]

    assert answers == [303] * 20 + [429]


def _sheets(exported: bytes) -> list[Any]:
    return openpyxl.load_workbook(io.BytesIO(exported)).worksheets
