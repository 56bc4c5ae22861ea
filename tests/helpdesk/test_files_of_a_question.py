"""Files go with a question within limits, by what is in them; they are kept, and shown to nobody else."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.helpdesk import services
from portal.helpdesk.content import HEAD, kind_of, safe_name
from portal.helpdesk.files import LARGEST_FILE, MOST_FILES, MOST_OF_AN_ACCOUNT
from portal.helpdesk.models import SupportFile, SupportMessage
from portal.kernel.actor import Actor, set_actor
from portal.kernel.db import transaction
from portal.kernel.mail.models import OutgoingMail
from tests.browser import Browser
from tests.people import ANNA, OLGA, Cast

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
WRONG = {
    "a page": [(b"<html>\0<script>", "x.html")],
    "a program": [(b"MZ\x90\0\3", "x.exe")],
    "an archive": [(b"PK\3\4\0", "x.zip")],
    "nothing": [(b"", "empty.txt")],
    "an SVG with zero": [(b"<svg\0", "x.svg")],
    "too large": [(b"a" * (LARGEST_FILE + 1), "large.txt")],
    "too many": [(b"text", f"{number}.txt") for number in range(MOST_FILES + 1)],
}


def ask(browser: Browser, files: list[tuple[bytes, str]], url: str = "/support/new", **fields: str) -> TestResponse:
    form = {"csrf_token": browser.token(), "subject": "No sound", "text": "Since noon.", **fields}
    sent = {**form, "files": [(io.BytesIO(content), name) for content, name in files]}
    return browser.post(url, data=sent, content_type="multipart/form-data")


def kept(app: Flask, account_id: int) -> list[SupportFile]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(SupportFile).order_by(SupportFile.id)))


def test_a_file_goes_along_and_comes_back_as_it_was(app: Flask, cast: Cast, anna: Browser, olga: Browser) -> None:
    asked = ask(anna, [(PNG, "снимок.png"), ("Лог\n".encode(), "call.html")])

    picture, log = kept(app, cast.north)
    page = anna.get(asked.headers["Location"]).get_data(as_text=True)
    assert (picture.name, log.name) == ("снимок.png", "call.html.txt")
    assert "снимок.png" in page
    thread = picture.thread_id
    for browser, where in ((anna, f"/support/{thread}"), (olga, f"/admin/support/{cast.north}/{thread}")):
        answer = browser.get(f"{where}/files/{picture.id}")
        assert answer.get_data() == PNG
        assert answer.content_type == "image/png"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert browser.get(f"{where}/files/{log.id}").content_type == "text/plain; charset=utf-8"


def test_the_operator_answers_with_a_file(app: Flask, cast: Cast, anna: Browser, olga: Browser) -> None:
    ask(anna, [])
    with app.app_context(), transaction(cast.north, writes=False) as session:
        thread = session.scalars(select(SupportMessage.thread_id)).one()

    ask(olga, [(b"%PDF-1.7 ...", "guide.pdf")], f"/admin/support/{cast.north}/{thread}")

    assert "guide.pdf" in anna.get(f"/support/{thread}").get_data(as_text=True)


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_taken_is_told_and_nothing_is_sent(app: Flask, cast: Cast, anna: Browser, case: str) -> None:
    answer = ask(anna, WRONG[case])

    assert answer.status_code == 422
    assert "Since noon." in answer.get_data(as_text=True)
    assert not kept(app, cast.north)
    assert "No sound" not in anna.get("/support").get_data(as_text=True)


def test_an_account_has_so_much_room_and_no_more(app: Flask, cast: Cast, anna: Browser) -> None:
    with app.app_context(), transaction(cast.north) as session:
        thread = services.ask("Anna", "Why?", "Nobody calls.")
        row = SupportFile(thread_id=thread.id, message_id=thread.messages[0].id, name="x", media_type="x")
        row.octets = MOST_OF_AN_ACCOUNT
        session.add(row)

    assert ask(anna, [(b"text", "x.txt")]).status_code == 422


def test_a_strangers_file_is_not_there(app: Flask, cast: Cast, anna: Browser, clara: Browser, olga: Browser) -> None:
    ask(anna, [(PNG, "x.png")])
    (file,) = kept(app, cast.north)

    assert clara.get(f"/support/{file.thread_id}/files/{file.id}").status_code == 404
    assert olga.get(f"/admin/support/{cast.south}/{file.thread_id}/files/{file.id}").status_code == 404
    assert anna.get(f"/support/{file.thread_id + 1}/files/{file.id}").status_code == 404


@pytest.mark.parametrize(
    ("name", "head", "safe"),
    [
        ("../../etc/passwd", b"root:x:0:0", "passwd.txt"),
        ("report.PNG", PNG, "report.PNG"),
        ("photo.png.html", PNG, "photo.png.html.png"),
        ("", PNG, "file.png"),
        ("a\r\nb\u202etxt.exe", b"text", "abtxt.exe.txt"),
    ],
)
def test_a_name_says_what_the_content_bears_out(name: str, head: bytes, safe: str) -> None:
    kind = kind_of(head)

    assert kind is not None
    assert safe_name(name, kind) == safe


def test_a_letter_that_is_cut_in_two_is_text_all_the_same() -> None:
    assert kind_of(("я" * HEAD).encode()[1:][: HEAD - 1] + b"") is None, "it begins in the middle of a letter"
    assert kind_of((b"a" + "я".encode() * HEAD)[:HEAD]) is not None


def test_by_mail_the_operator_hears_of_a_question_and_who_asked_of_the_answer(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, anna: Browser, olga: Browser
) -> None:
    monkeypatch.setitem(app.extensions, "portal.postman", object())
    ask(anna, [])
    with app.app_context(), transaction(cast.north, writes=False) as session:
        thread = session.scalars(select(SupportMessage.thread_id)).one()
    ask(olga, [], f"/admin/support/{cast.north}/{thread}", text="A private word")

    with app.app_context(), transaction(writes=False) as session:
        letters = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    assert [letter.recipient for letter in letters] == [OLGA.email, ANNA.email]
    assert all("No sound" in letter.text for letter in letters)
    assert not any("Since noon" in letter.text or "private" in letter.text for letter in letters)


def test_without_mail_nothing_is_written_down(app: Flask, cast: Cast) -> None:
    with app.app_context():
        set_actor(Actor(ANNA.email, None))
        with transaction(cast.north):
            services.ask("Anna", "Why?", "Nobody calls.")
        with transaction(writes=False) as session:
            assert session.scalar(select(OutgoingMail)) is None
