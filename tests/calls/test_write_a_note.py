"""A note on a call: who writes, who reads, and that nothing is lost when two write at once."""

from __future__ import annotations

from flask import Flask

from tests.browser import Browser
from tests.calls.factory import Story, tell_whole
from tests.contacts.desk import actions
from tests.people import Cast

EN = {"Accept-Language": "en"}


def test_a_note_stands_on_the_call_and_is_marked_in_the_log(
    app: Flask, cast: Cast, anna: Browser, boris: Browser
) -> None:
    page = f"/calls/{tell_whole(app, Story(cast.north)).api_call_id}"

    assert anna.submit(f"{page}/note", {"text": "Wants <b>two</b>\nof them", "version": "0"}).status_code == 303

    read = boris.get(page).get_data(as_text=True)
    assert "Wants &lt;b&gt;two&lt;/b&gt;" in read
    assert "Anna Sever" in read
    assert f"{page}#remarks" in boris.get("/calls").get_data(as_text=True)
    assert boris.submit(f"{page}/note", {"text": "x", "version": "1"}).status_code == 403
    assert "call.note" in actions(app, cast.north)


def test_two_who_write_at_once_both_keep_their_words(app: Flask, cast: Cast, anna: Browser) -> None:
    page = f"/calls/{tell_whole(app, Story(cast.north)).api_call_id}"
    anna.submit(f"{page}/note", {"text": "first", "version": "0"})

    answer = anna.submit(f"{page}/note", {"text": "second", "version": "0"}, htmx=True)

    shown = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert 'id="other-note"><p>first</p>' in shown
    assert ">\nsecond</textarea>" in shown.replace("\r\n", "\n")
    assert 'value="1"' in shown
    assert "first" in anna.get(page).get_data(as_text=True)
    whole = anna.submit(f"{page}/note", {"text": "second", "version": "0"})
    assert whole.status_code == 409
    assert "second" in whole.get_data(as_text=True)

    assert anna.submit(f"{page}/note", {"text": "first and second", "version": "1"}).status_code == 303
    assert "first and second" in anna.get(page).get_data(as_text=True)


def test_the_same_words_twice_are_no_conflict(app: Flask, cast: Cast, anna: Browser) -> None:
    page = f"/calls/{tell_whole(app, Story(cast.north)).api_call_id}"

    for _again in range(2):
        assert anna.submit(f"{page}/note", {"text": "once", "version": "0"}).status_code == 303


def test_a_note_can_be_emptied(app: Flask, cast: Cast, anna: Browser) -> None:
    page = f"/calls/{tell_whole(app, Story(cast.north)).api_call_id}"
    anna.submit(f"{page}/note", {"text": "once", "version": "0"})

    assert anna.submit(f"{page}/note", {"text": " ", "version": "1"}).status_code == 303

    assert f"{page}#remarks" not in anna.get("/calls").get_data(as_text=True)


def test_a_note_that_is_too_long_or_cannot_be_shown_is_given_back(app: Flask, cast: Cast, anna: Browser) -> None:
    page = f"/calls/{tell_whole(app, Story(cast.north)).api_call_id}"

    for text in ("x" * 4001,):
        answer = anna.submit(f"{page}/note", {"text": text, "version": "0"})
        assert answer.status_code == 422
        assert text in answer.get_data(as_text=True)
    assert anna.submit(f"{page}/note", {"text": "x", "version": "nonsense"}).status_code == 303


def test_a_stranger_writes_nothing(app: Flask, cast: Cast, clara: Browser) -> None:
    page = f"/calls/{tell_whole(app, Story(cast.north)).api_call_id}"

    assert clara.submit(f"{page}/note", {"text": "x", "version": "0"}).status_code == 404
