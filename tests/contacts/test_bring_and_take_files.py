"""The address book as files: brought with a preview, taken in as a job, taken back; written as CSV and vCard."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.test import TestResponse

from portal.contacts import services
from portal.contacts.exchange.models import ContactImport, ImportState
from portal.contacts.exchange.vcard import read_cards, write_card
from portal.contacts.models import Contact
from portal.kernel.db import db, transaction
from portal.kernel.jobs import Job, JobState
from portal.kernel.jobs.work import Work
from tests.browser import Browser
from tests.contacts.desk import add_users, inside
from tests.people import Cast

EXCEL = """Фамилия;Имя;Организация;Моб. телефон;Рабочий тел.;Менеджер;Заметки
Ёлкин;Пётр;ООО «Ромашка»;8 (903) 111-22-33;+7 495 765-43-21;Olga Manoli;важный
Иванова;Анна;;9161112244;;;
Без номера;;;;;;
Кривой;;;позвони мне;;;
;;ИП Смирнов;8-916-555-66-77;;;
""".replace("\n", "\r\n")
CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=81=D0=BB=D0=BA=D0=B8=D0=BD;=D0=9F=D1=91=
=D1=82=D1=80;;;
TEL;CELL:+79031112233
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Anna \\, Ivanova
ORG:North;Sales
item1.TEL;TYPE=CELL:8 916 111-22-44
TEL;TYPE="work,voice":+7 495 765
 -43-21
NOTE:one\\ntwo
X-STRANGE
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Nobody
END:VCARD
"""


def bring(anna: Browser, content: bytes, name: str = "book.csv") -> TestResponse:
    """Uploads a file, its form written out: the client would keep a large one in a file that nobody closes."""
    head = '--edge\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    parts = [head.format("csrf_token", "").encode(), anna.token().encode(), b"\r\n"]
    parts += [head.format("file", f'; filename="{name}"').encode(), content, b"\r\n--edge--\r\n"]
    return anna.post("/contacts/import", data=b"".join(parts), content_type="multipart/form-data; boundary=edge")


def work(app: Flask, account_id: int) -> Job:
    """Does the newest job as the worker would."""
    with app.app_context(), transaction(account_id, writes=False) as session:
        job_id = session.scalars(select(Job.id).order_by(Job.id.desc())).first()
    assert job_id is not None
    Work(app, timedelta(seconds=30)).do(account_id, job_id)
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.get_one(Job, job_id)


def book(app: Flask, account_id: int) -> Sequence[tuple[str, str, list[str]]]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        found = session.scalars(select(Contact).order_by(Contact.name).options(selectinload(Contact.numbers)))
        return [(each.name, each.company, [row.number for row in each.numbers]) for each in found]


def the_import(app: Flask, account_id: int) -> ContactImport:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return session.scalars(select(ContactImport).order_by(ContactImport.id.desc())).first() or pytest.fail("none")


@pytest.mark.parametrize("coding", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_russian_excel_is_looked_at_and_taken_in(app: Flask, cast: Cast, anna: Browser, coding: str) -> None:
    add_users(app, cast.north, "Olga Manoli")
    page = anna.get(bring(anna, EXCEL.encode(coding)).location).get_data(as_text=True)
    assert "Ёлкин Пётр" in page
    assert "позвони мне" in page
    guessed = re.findall(r'<option value="([a-z]+)" selected>', page)
    assert guessed == ["name", "name", "company", "number", "number", "owner", "note"]
    assert book(app, cast.north) == [], "a look changes nothing"

    row = the_import(app, cast.north)
    assert anna.submit(f"/contacts/import/{row.id}/begin").status_code == 303
    job = work(app, cast.north)

    assert (job.state, job.done, job.total) == (JobState.DONE, 5, 5)
    assert {name: rest for name, *rest in book(app, cast.north)} == {
        "Ёлкин Пётр": ["ООО «Ромашка»", ["79031112233", "74957654321"]],
        "Иванова Анна": ["", ["79161112244"]],
        "ИП Смирнов": ["ИП Смирнов", ["79165556677"]],
    }
    row = the_import(app, cast.north)
    assert (row.added, row.merged, row.wrong) == (3, 0, 2)
    with app.app_context(), transaction(cast.north, writes=False) as session:
        owner = session.scalars(select(Contact).where(Contact.company.contains("Ромашка"))).one().crm_user
        assert owner is not None
        assert owner.name == "Olga Manoli"


def test_whoever_has_a_number_of_the_book_is_merged_and_nothing_is_written_over(
    app: Flask, cast: Cast, anna: Browser
) -> None:
    with inside(app, cast.north):
        services.add_contact("Пётр", ["8 903 111-22-33"], company="Своя")
    bring(anna, EXCEL.encode())
    row = the_import(app, cast.north)
    anna.submit(f"/contacts/import/{row.id}/begin")
    work(app, cast.north)

    petr = next(each for each in book(app, cast.north) if each[0] == "Пётр")
    assert petr == ("Пётр", "Своя", ["79031112233", "74957654321"])
    assert the_import(app, cast.north).merged == 1


def test_an_import_is_taken_back_but_for_what_was_changed_since(app: Flask, cast: Cast, anna: Browser) -> None:
    with inside(app, cast.north):
        services.add_contact("Пётр", ["8 903 111-22-33"])
    before = book(app, cast.north)
    bring(anna, EXCEL.encode())
    row = the_import(app, cast.north)
    anna.submit(f"/contacts/import/{row.id}/begin")
    work(app, cast.north)
    with inside(app, cast.north):
        touched = db.session.scalars(select(Contact).where(Contact.name == "Иванова Анна")).one()
        services.edit_contact(touched.id, "Иванова Анна Павловна", ["89161112244"])
    assert anna.submit(f"/contacts/import/{row.id}/undo").status_code == 303
    work(app, cast.north)

    assert book(app, cast.north) == sorted([("Иванова Анна Павловна", "", ["79161112244"]), *before])
    row = the_import(app, cast.north)
    assert (row.state, row.kept) == (ImportState.UNDONE, 1)
    assert anna.submit(f"/contacts/import/{row.id}/undo").status_code == 409


def test_columns_are_told_where_the_guess_is_wrong(app: Flask, cast: Cast, anna: Browser) -> None:
    bring(anna, b"a,b\nPetr,+7 903 111-22-33\n")
    row = the_import(app, cast.north)
    assert row.columns == ["", ""]
    assert anna.submit(f"/contacts/import/{row.id}/begin").status_code == 422
    assert anna.submit(f"/contacts/import/{row.id}/columns", {"column": ["name", ""]}).status_code == 422
    assert anna.submit(f"/contacts/import/{row.id}/columns", {"column": ["name", "number"]}).status_code == 303
    anna.submit(f"/contacts/import/{row.id}/begin")
    work(app, cast.north)

    assert book(app, cast.north) == [("Petr", "", ["79031112233"])]


def test_cards_of_a_phone_are_taken_in(app: Flask, cast: Cast, anna: Browser) -> None:
    bring(anna, CARDS.encode(), "phone.vcf")
    row = the_import(app, cast.north)
    assert row.is_vcard
    anna.submit(f"/contacts/import/{row.id}/begin")
    work(app, cast.north)

    assert sorted(book(app, cast.north)) == [
        ("Anna , Ivanova", "North, Sales", ["79161112244", "74957654321"]),
        ("Ёлкин Пётр", "", ["79031112233"]),
    ]


@pytest.mark.parametrize("content", [b"", b"  \n ", b"\x89PNG\r\n\x1a\n\0\0\0\0"])
def test_what_is_no_book_is_refused(anna: Browser, content: bytes) -> None:
    assert bring(anna, content).status_code == 422


def test_a_file_beyond_a_forms_size_comes_in(app: Flask, cast: Cast, anna: Browser) -> None:
    lines = [f"Name {each};+7 9{each:09d};{'x' * 100}" for each in range(12_000)]
    content = ("name;phone;note\n" + "\n".join(lines)).encode()
    assert len(content) > 1_000_000

    assert bring(anna, content).status_code == 303


@pytest.mark.parametrize("form", ["csv", "vcf"])
def test_what_is_written_can_be_read_again(app: Flask, cast: Cast, anna: Browser, form: str) -> None:
    with inside(app, cast.north):
        services.add_contact('Пётр; "Ёлкин", =1+1', ["8 903 111-22-33", "+44 20 7946 0958"], note="one\ntwo")
    before = book(app, cast.north)
    assert anna.submit("/contacts/export", {"format": form}).status_code == 303
    job = work(app, cast.north)
    written = anna.get(f"/jobs/{job.id}/result").get_data()
    with inside(app, cast.north):
        services.remove_contact(db.session.scalars(select(Contact.id)).one())
    bring(anna, written, f"book.{form}")
    row = the_import(app, cast.north)
    anna.submit(f"/contacts/import/{row.id}/begin")
    work(app, cast.north)

    assert book(app, cast.north) == before


def test_a_card_keeps_every_sign_and_no_long_line() -> None:
    text = write_card("Ёлкин, \\ Пётр; " + "ы" * 100, "A;B", "one\ntwo", ["79031112233"])
    (card,) = read_cards(text.splitlines(keepends=True))

    assert (card.name, card.company, card.note) == ("Ёлкин, \\ Пётр; " + "ы" * 100, "A;B", "one\ntwo")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_a_removed_contact_comes_back(app: Flask, cast: Cast, anna: Browser) -> None:
    with inside(app, cast.north):
        contact_id = services.add_contact("Petr", ["8 903 111-22-33"], company="North").id
    before = book(app, cast.north)
    answer = anna.submit(f"/contacts/{contact_id}/remove")
    page = anna.get(answer.location).get_data(as_text=True)
    undo = re.search(r"/contacts/removed/\d+/restore", page)
    assert undo, "the page offers the way back"

    assert anna.submit(undo[0]).status_code == 303
    assert book(app, cast.north) == before
    assert anna.submit(undo[0]).status_code == 409


def test_of_two_who_edit_the_second_sees_both_versions_and_loses_nothing(app: Flask, cast: Cast, anna: Browser) -> None:
    with inside(app, cast.north):
        contact_id = services.add_contact("Petr", ["8 903 111-22-33"]).id
    typed = {"numbers": "8 903 111-22-33", "crm_user_id": "", "based_on": "0"}
    assert anna.submit(f"/contacts/{contact_id}", typed | {"name": "Petr One"}).status_code == 303
    answer = anna.submit(f"/contacts/{contact_id}", typed | {"name": "Petr Two"})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 409
    assert "Petr One" in page
    assert "Petr Two" in page
    assert book(app, cast.north)[0][0] == "Petr One"
    based_on = re.search(r'name="based_on"[^>]*value="(\d+)"', page)
    assert based_on
    anna.submit(f"/contacts/{contact_id}", typed | {"name": "Petr Two", "based_on": based_on[1]})
    assert book(app, cast.north)[0][0] == "Petr Two"


def test_a_viewer_brings_nothing_and_a_stranger_finds_nothing(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, clara: Browser
) -> None:
    bring(anna, EXCEL.encode())
    row = the_import(app, cast.north)

    assert bring(boris, EXCEL.encode()).status_code == 403
    assert clara.get(f"/contacts/import/{row.id}").status_code == 404
    assert clara.submit(f"/contacts/import/{row.id}/begin").status_code == 404


def test_a_viewer_who_may_export_gets_there_from_the_book(app: Flask, cast: Cast, boris: Browser) -> None:
    assert 'href="/contacts/export"' in boris.get("/contacts").get_data(as_text=True)
    page = boris.get("/contacts/export").get_data(as_text=True)
    assert page.count('action="/contacts/export"') == 2
    assert boris.get("/contacts/import").status_code == 403

    assert boris.submit("/contacts/export", {"format": "csv"}).status_code == 303
    with inside(app, cast.north):
        assert db.session.scalars(select(Job)).one().kind


def test_who_brings_files_too_has_both_on_one_page(anna: Browser) -> None:
    book = anna.get("/contacts").get_data(as_text=True)

    assert ('href="/contacts/import"' in book, 'href="/contacts/export"' in book) == (True, False)
    assert anna.get("/contacts/import").get_data(as_text=True).count('action="/contacts/export"') == 2
