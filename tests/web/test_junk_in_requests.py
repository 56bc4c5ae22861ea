"""What no form of ours sends is refused in words: never a fault, never a change (ASVS 2.2.1; rows B1, W9, W14)."""

import json

import pytest
from flask import Flask

from tests.browser import HTMX, Browser
from tests.contacts.desk import add_users
from tests.people import Cast

JUNK_IDS = ["²", "٣", "-1", "abc", "1.5", "9" * 30, "9" * 5000]


@pytest.fixture
def user(app: Flask, cast: Cast) -> int:
    """A CRM user of North."""
    (user_id,) = add_users(app, cast.north, "Olga Manoli")
    return user_id


@pytest.mark.parametrize("junk", JUNK_IDS)
def test_an_account_that_no_number_names_is_not_found(anna: Browser, junk: str) -> None:
    assert anna.submit("/account", {"account": junk}).status_code == 404


@pytest.mark.parametrize("junk", JUNK_IDS)
def test_a_key_that_no_number_names_is_not_replaced(anna: Browser, junk: str) -> None:
    assert anna.submit("/integration/key/rotate", {"overlap": "0", "replaces": junk}).status_code == 409


@pytest.mark.parametrize("junk", JUNK_IDS)
def test_a_mapping_seen_as_junk_changes_nothing(anna: Browser, user: int, junk: str) -> None:
    assert anna.submit("/integration/mapping", {f"seen-{user}": junk}).status_code < 500


@pytest.mark.parametrize("junk", JUNK_IDS)
def test_a_receiver_that_no_number_names_is_not_moved(anna: Browser, user: int, junk: str) -> None:
    typed = {"order": str(user), "receiver": str(user), "move": f"{junk}:up"}

    assert anna.submit("/integration/receivers", typed).status_code == 303


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ("/login", "email"),
        ("/contacts/new", "company"),
        ("/contacts/new", "note"),
        ("/integration/crm-users", "name"),
        ("/integration/strategy", "fallback_line"),
        ("/support/new", "text"),
        ("/webhooks", "url"),
    ],
)
def test_a_form_with_the_character_nul_is_refused(anna: Browser, place: str, field: str) -> None:
    """PostgreSQL cannot keep it."""
    assert anna.submit(place, {field: "a\0b"}).status_code == 400


def test_a_path_with_the_character_nul_is_refused(anna: Browser) -> None:
    assert anna.get("/calls/" + "%00" * 32).status_code == 400


@pytest.mark.parametrize(
    "place", ["/contacts?q=a%00b", "/contacts?page=%00", "/calls?q=%00&sip=%00", "/payments?page=%00"]
)
def test_a_question_with_the_character_nul_finds_nothing(anna: Browser, place: str) -> None:
    assert anna.get(place).status_code == 200


@pytest.mark.parametrize("target", ["/звонки", "/\x85é", "/\u2028"])
def test_htmx_is_sent_to_any_path_of_ours(anna: Browser, target: str) -> None:
    """W9: a header holds Latin-1 only."""
    answer = anna.submit("/preferences", {"locale": "ru", "next": target}, htmx=True)

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].isascii()


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil",
        "%2f%2fevil.example",
        "/\tevil",
        "http://localhost@evil",
        "/\r\nX: y",
    ],
)
def test_the_way_back_never_leaves_the_cabinet(anna: Browser, target: str) -> None:
    """W9."""
    answer = anna.submit("/preferences", {"locale": "ru", "next": target})

    assert answer.headers["Location"] == "/"


def test_a_message_that_lists_hundreds_of_names_fits_a_header(app: Flask, cast: Cast, anna: Browser) -> None:
    """Proxies answer 502 for headers beyond 4 to 8 KiB, after the change was made."""
    users = add_users(app, cast.north, *(f"Управляющая делами номер {number}" for number in range(150)))
    typed = {"order": [str(user) for user in users], "receiver": [str(user) for user in users]}

    answer = anna.submit("/integration/receivers", typed, htmx=True)

    assert len(answer.headers["HX-Trigger"]) < 4096
    assert json.loads(answer.headers["HX-Trigger"])["portal:toast"]["text"].endswith("…")


def test_line_ends_in_a_name_reach_no_header(anna: Browser) -> None:
    """Header injection through the toast of htmx."""
    answer = anna.submit("/integration/crm-users", {"name": "Igor\r\nSet-Cookie: a=b"}, htmx=True)

    assert "Set-Cookie" not in dict(answer.headers) or "a=b" not in answer.headers["Set-Cookie"]
    assert "\n" not in answer.headers["HX-Trigger"]


def test_what_was_not_found_among_the_files_is_kept_by_nobody(nobody: Browser) -> None:
    """W: an answer without a rule of its own is not cached."""
    for answer in (nobody.get("/static/x/no-such-file.css"), nobody.options("/static/x/favicon.svg", headers=HTMX)):
        assert answer.headers["Cache-Control"] == "no-store"
