"""Somebody of an account asks, the operator answers, either of them closes; a stranger finds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts.trail.models import AuditEntry
from portal.helpdesk import queries, services
from portal.helpdesk.models import ThreadState
from portal.kernel.db import transaction
from portal.kernel.paging import NewestFirst
from tests.browser import Browser
from tests.people import ANNA, BORIS, OLGA, Cast, Person

WRONG = {
    "no subject": ({"subject": " "}, "subject"),
    "an endless subject": ({"subject": "s" * 201}, "subject"),
    "no text": ({"text": "\r\n "}, "text"),
    "an endless text": ({"text": "t" * 10_001}, "text"),
}


@pytest.fixture
def question(app: Flask, cast: Cast) -> int:
    """North has asked why it is quiet."""
    with app.app_context(), transaction(cast.north):
        return services.ask("Anna Sever", "Why is it quiet?", "Nobody calls.").id


def state(app: Flask, account_id: int, thread_id: int) -> tuple[str, bool]:
    with app.app_context(), transaction(account_id, writes=False):
        thread = queries.find_thread(thread_id)
        return thread.state, thread.is_unread


def trail(app: Flask, account_id: int) -> list[tuple[str, str]]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        rows = session.execute(select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.id))
        return [(action, actor) for action, actor in rows if action.startswith("support.")]


@pytest.mark.parametrize("person", [ANNA, BORIS])
def test_everybody_of_an_account_may_ask(
    app: Flask, cast: Cast, browse: Callable[[Person], Browser], person: Person
) -> None:
    browser = browse(person)
    asked = browser.submit("/support/new", {"subject": "No  sound", "text": "Since noon.\r\nIn both directions."})

    assert asked.status_code == 303
    page = browser.get(asked.headers["Location"]).get_data(as_text=True)
    assert "<h1>No sound</h1>" in page
    assert "Since noon.<br>In both directions." in page
    assert person.name in page
    assert "No sound" in browser.get("/support").get_data(as_text=True)
    assert trail(app, cast.north) == [("support.ask", person.email)]


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(anna: Browser, case: str) -> None:
    change, field = WRONG[case]
    typed = {"subject": "No sound", "text": "Since noon."} | change

    answer = anna.submit("/support/new", typed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    assert all(text.strip(" \r\n") in page for text in typed.values())
    assert "No sound" not in anna.get("/support").get_data(as_text=True)


def test_two_empty_fields_are_named_at_once(anna: Browser) -> None:
    page = anna.submit("/support/new", {"subject": "", "text": " "}).get_data(as_text=True)

    assert 'id="subject-error"' in page
    assert 'id="text-error"' in page


def test_a_text_at_its_limit_is_taken_whole(app: Flask, cast: Cast, anna: Browser) -> None:
    text = "a\r\n" * 4_999 + "bc"

    asked = anna.submit("/support/new", {"subject": "s" * 200, "text": text})

    with app.app_context(), transaction(cast.north, writes=False):
        thread = queries.find_thread(int(asked.headers["Location"].rpartition("/")[2]))
        assert thread.messages[0].text == text.replace("\r\n", "\n")


def test_what_people_write_is_shown_and_never_run(anna: Browser, olga: Browser, cast: Cast, question: int) -> None:
    anna.submit(f"/support/{question}", {"text": "<script>alert(1)</script> & \"'"})

    for page in (anna.get(f"/support/{question}"), olga.get(f"/admin/support/{cast.north}/{question}")):
        assert "&lt;script&gt;alert(1)" in page.get_data(as_text=True)
        assert "<script>alert" not in page.get_data(as_text=True)


def test_the_operators_answer_is_unread_until_somebody_of_the_account_opens_it(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, olga: Browser, question: int
) -> None:
    olga.submit(f"/admin/support/{cast.north}/{question}", {"text": "It is Sunday."})

    assert state(app, cast.north, question) == (ThreadState.ANSWERED, True)
    for browser in (anna, boris):
        assert _badge(browser.get("/offer")) == 1
    page = boris.get(f"/support/{question}").get_data(as_text=True)
    assert "It is Sunday." in page
    assert OLGA.name in page
    assert _badge(anna.get("/support")) is None
    assert state(app, cast.north, question) == (ThreadState.ANSWERED, False)
    assert trail(app, cast.north)[-1] == ("support.answer", OLGA.email)


def test_a_new_message_is_the_operators_turn_again(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, question: int
) -> None:
    olga.submit(f"/admin/support/{cast.north}/{question}", {"text": "It is Sunday."})
    assert "Why is it quiet?" not in olga.get("/admin/support").get_data(as_text=True)

    assert anna.submit(f"/support/{question}", {"text": "It was Monday."}).status_code == 303

    assert state(app, cast.north, question) == (ThreadState.OPEN, False)
    inbox = olga.get("/admin/support").get_data(as_text=True)
    assert "Why is it quiet?" in inbox
    assert "North" in inbox


@pytest.mark.parametrize("side", ["account", "operator"])
def test_either_side_closes_and_opens_again(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, question: int, side: str
) -> None:
    by_side = {"account": (anna, f"/support/{question}"), "operator": (olga, f"/admin/support/{cast.north}/{question}")}
    browser, url = by_side[side]

    browser.submit(f"{url}/close")
    assert state(app, cast.north, question)[0] == ThreadState.CLOSED
    browser.submit(f"{url}/close")
    browser.submit(f"{url}/reopen")

    assert state(app, cast.north, question)[0] == ThreadState.OPEN
    assert [action for action, _ in trail(app, cast.north)] == ["support.ask", "support.close", "support.reopen"]


def test_an_answered_question_is_answered_again_when_its_closing_is_undone(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, question: int
) -> None:
    olga.submit(f"/admin/support/{cast.north}/{question}", {"text": "It is Sunday."})
    anna.submit(f"/support/{question}/close")

    anna.submit(f"/support/{question}/reopen")

    assert state(app, cast.north, question)[0] == ThreadState.ANSWERED


def test_a_message_opens_a_closed_question(app: Flask, cast: Cast, anna: Browser, question: int) -> None:
    anna.submit(f"/support/{question}/close")

    anna.submit(f"/support/{question}", {"text": "One more thing."})

    assert state(app, cast.north, question)[0] == ThreadState.OPEN


@pytest.mark.parametrize("side", ["account", "operator"])
def test_an_endless_answer_is_refused_and_kept_in_the_form(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, question: int, side: str
) -> None:
    by_side = {"account": (anna, f"/support/{question}"), "operator": (olga, f"/admin/support/{cast.north}/{question}")}
    browser, url = by_side[side]

    answer = browser.submit(url, {"text": "t" * 10_001})

    assert answer.status_code == 422
    assert "t" * 10_001 in answer.get_data(as_text=True)
    assert trail(app, cast.north) == [("support.ask", "system")]


def test_a_conversation_that_is_full_takes_nothing_more(
    app: Flask, cast: Cast, anna: Browser, question: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_MESSAGES", 1)

    assert anna.submit(f"/support/{question}", {"text": "And?"}).status_code == 422
    assert len(trail(app, cast.north)) == 1


def test_a_stranger_finds_no_question(clara: Browser, cast: Cast, question: int) -> None:
    assert "Why is it quiet?" not in clara.get("/support").get_data(as_text=True)
    assert clara.get(f"/support/{question}").status_code == 404
    for url in (f"/support/{question}", f"/support/{question}/close", f"/support/{question}/reopen"):
        assert clara.submit(url, {"text": "Mine?"}).status_code == 404
    assert clara.get("/admin/support").status_code == 403
    assert clara.get(f"/admin/support/{cast.north}/{question}").status_code == 403


def test_the_operator_finds_a_question_in_its_own_account_only(olga: Browser, cast: Cast, question: int) -> None:
    for account_id in (cast.south, 999_999):
        url = f"/admin/support/{account_id}/{question}"
        assert olga.get(url).status_code == 404
        for act in ("", "/close", "/reopen"):
            assert olga.submit(url + act, {"text": "Whose?"}).status_code == 404


def test_the_operator_has_no_questions_of_her_own(olga: Browser) -> None:
    assert olga.get("/support").status_code == 403


def test_pages_of_questions_together_are_all_of_them(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction(cast.north):
        asked = [services.ask("Anna", f"Question {number}", "?").id for number in range(12)]

    with app.app_context(), transaction(cast.north, writes=False):
        seen, text = [], ""
        while True:
            page = queries.thread_page(NewestFirst.read(text), limit=5)
            seen += [thread.id for thread in page.rows]
            if page.next is None:
                break
            text = page.next
    assert seen == asked[::-1]


@pytest.mark.parametrize("state_name", ["open", "answered", "closed", "nonsense"])
def test_an_empty_inbox_says_so(olga: Browser, state_name: str) -> None:
    assert 'class="empty' in olga.get(f"/admin/support?state={state_name}").get_data(as_text=True)


def test_nothing_asked_yet_shows_the_first_step(anna: Browser) -> None:
    page = anna.get("/support").get_data(as_text=True)

    assert "empty--nothing" in page
    assert 'href="/support/new"' in page


def _badge(response: TestResponse) -> int | None:
    """The number beside the menu's entry."""
    text = response.get_data(as_text=True)
    entry = text.split('href="/support"', 1)[1].split("</a>", 1)[0]
    found = re.search(r'class="count">(\d+)', entry)
    return int(found[1]) if found else None
