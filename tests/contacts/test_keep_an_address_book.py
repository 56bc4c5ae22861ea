"""People add, find, change and delete contacts."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from portal.contacts import queries, services
from portal.contacts.models import Contact
from portal.contacts.pages import contact_page
from portal.contacts.queries import find_contact
from portal.kernel.db import db
from portal.kernel.paging import Cursor
from tests.browser import Browser
from tests.contacts.desk import actions, add_users, inside
from tests.people import Cast

WRONG = {
    "no name": ({"name": " "}, "name"),
    "an endless name": ({"name": "n" * 201}, "name"),
    "no number": ({"numbers": "\n , "}, "numbers"),
    "letters for a number": ({"numbers": "call me"}, "numbers"),
    "too few digits": ({"numbers": "+7 495 12"}, "numbers"),
    "somebody's number": ({"numbers": "8 903 111-22-33"}, "numbers"),
    "an endless company": ({"company": "c" * 201}, "company"),
    "an endless note": ({"note": "n" * 2001}, "note"),
    "a user who is not there": ({"crm_user_id": "999999"}, "crm_user_id"),
    "a user beyond all numbers": ({"crm_user_id": "9" * 30}, "crm_user_id"),
    "a user who is no number": ({"crm_user_id": "nobody"}, "crm_user_id"),
}


@pytest.fixture
def petr(app: Flask, cast: Cast) -> int:
    """North's contact Пётр of Ромашка, +7 903 111-22-33."""
    with inside(app, cast.north):
        return services.add_contact("Пётр Ёлкин", ["8 903 111-22-33"], company="Ромашка").id


@pytest.mark.parametrize("htmx", [False, True])
def test_an_admin_adds_a_contact(app: Flask, cast: Cast, anna: Browser, htmx: bool) -> None:
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    typed = {
        "name": "Иван",
        "company": "Мир",
        "numbers": "+7 (903) 999-88-77, 8 495 123 45 67",
        "crm_user_id": str(olga),
    }

    answer = anna.submit("/contacts/new", typed, htmx=htmx)

    assert answer.status_code in {204, 303}
    page = anna.get("/contacts").get_data(as_text=True)
    assert "Иван" in page
    assert "Olga Manoli" in page
    assert "to=%2B74951234567" in page
    assert actions(app, cast.north)[-1] == "contact.add"


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    anna: Browser, petr: int, case: str, htmx: bool
) -> None:
    change, field = WRONG[case]
    typed = {"name": "Иван", "numbers": "+7 903 999-88-77", "company": "", "note": "Помнить"} | change

    answer = anna.submit("/contacts/new", typed, htmx=htmx)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    assert "data-error-summary" in page
    assert typed["note"][:50] in page
    assert "Иван" not in anna.get("/contacts").get_data(as_text=True)


def test_an_admin_changes_a_contact(app: Flask, cast: Cast, anna: Browser, petr: int) -> None:
    typed = {"name": "Пётр Первый", "numbers": "+7 903 111-22-33\n+7 903 111-22-34"}

    anna.submit(f"/contacts/{petr}", typed)

    with inside(app, cast.north):
        contact = find_contact(petr)
        assert [row.number for row in contact.numbers] == ["79031112233", "79031112234"]
    assert "Пётр Первый" in anna.get("/contacts?q=первый").get_data(as_text=True)
    assert actions(app, cast.north)[-1] == "contact.edit"


def test_a_contact_keeps_whom_it_had_though_he_was_removed(app: Flask, cast: Cast, anna: Browser, petr: int) -> None:
    (olga, igor) = add_users(app, cast.north, "Olga Manoli", "Igor Batov")
    anna.submit(f"/contacts/{petr}", {"crm_user_id": str(olga)})
    with inside(app, cast.north):
        services.remove_crm_user(olga)
        services.remove_crm_user(igor)

    assert "Olga Manoli (в удалённых)" in anna.get(f"/contacts/{petr}").get_data(as_text=True)
    anna.submit(f"/contacts/{petr}", {"note": "calls on Mondays"})

    with inside(app, cast.north):
        contact = find_contact(petr)
        assert (contact.crm_user_id, contact.note) == (olga, "calls on Mondays")
    assert anna.submit(f"/contacts/{petr}", {"crm_user_id": str(igor)}).status_code == 422


def test_an_admin_deletes_a_contact(app: Flask, cast: Cast, anna: Browser, petr: int) -> None:
    assert "<dialog" in anna.get(f"/contacts/{petr}").get_data(as_text=True)

    anna.submit(f"/contacts/{petr}/remove")

    assert anna.get(f"/contacts/{petr}").status_code == 404
    assert actions(app, cast.north)[-1] == "contact.remove"


@pytest.mark.parametrize("part", ["пётр", "РОМАШ", "903 111", "8 903 111 22 33", "+7 (903) 111", "ёлк"])
def test_a_contact_is_found_by_a_part_of_name_company_or_number(anna: Browser, petr: int, part: str) -> None:
    assert "Пётр Ёлкин" in anna.get("/contacts", query_string={"q": part}).get_data(as_text=True)


@pytest.mark.parametrize("part", ["100%", "_", "Иван", "5559"])
def test_what_matches_nobody_says_so(anna: Browser, petr: int, part: str) -> None:
    page = anna.get("/contacts", query_string={"q": part}).get_data(as_text=True)

    assert "Пётр" not in page
    assert "empty--filtered" in page


def test_the_book_turns_forward_and_back_without_losing_anybody(app: Flask, cast: Cast) -> None:
    with inside(app, cast.north):
        for n in range(25):
            services.add_contact(f"Имя {n % 7}", [f"+7 903 000-00-{n:02}"])

    with inside(app, cast.north):
        everybody = [row.id for row in contact_page(limit=100).rows]
        seen, cursor = [], None
        while True:
            page = contact_page(cursor=cursor, limit=10)
            seen += [row.id for row in page.rows]
            if page.next is None:
                break
            cursor = Cursor.decode(page.next, 1)
        assert seen == everybody
        assert page.previous is not None
        back = contact_page(cursor=Cursor.decode(page.previous, 1), limit=10)
        assert [row.id for row in back.rows] == everybody[10:20]


@pytest.mark.parametrize("page", ["nonsense", "WzAsOTk5OTk5XQ", "\u0000"])
def test_a_cursor_that_means_nothing_shows_the_beginning(anna: Browser, petr: int, page: str) -> None:
    assert "Пётр" in anna.get("/contacts", query_string={"page": page}).get_data(as_text=True)


def test_a_viewer_reads_and_cannot_write(boris: Browser, petr: int) -> None:
    page = boris.get(f"/contacts/{petr}")

    assert "Ромашка" in page.get_data(as_text=True)
    assert f'action="/contacts/{petr}"' not in page.get_data(as_text=True)
    assert boris.get("/contacts/new").status_code == 403
    for url in ("/contacts/new", f"/contacts/{petr}", f"/contacts/{petr}/remove"):
        assert boris.submit(url, {"name": "X", "numbers": "+7 903 999-88-77"}).status_code == 403


def test_a_stranger_finds_nobody(clara: Browser, petr: int) -> None:
    assert "Пётр" not in clara.get("/contacts").get_data(as_text=True)
    assert clara.get(f"/contacts/{petr}").status_code == 404
    for url in (f"/contacts/{petr}", f"/contacts/{petr}/remove"):
        assert clara.submit(url, {"name": "X", "numbers": "+7 903 999-88-77"}).status_code == 404


def test_a_visitor_signs_in_first(nobody: Browser, petr: int, browse: Callable[..., Browser]) -> None:
    assert "/login" in nobody.get("/contacts").headers["Location"]


def found(app: Flask, account_id: int, part: str) -> list[str]:
    """Names in the order of the book, page after page."""
    names, cursor = [], None
    with inside(app, account_id):
        while True:
            page = contact_page(part, cursor, limit=3)
            names += [row.name for row in page.rows]
            if page.next is None:
                return names
            cursor = Cursor.decode(page.next, 1)


def test_what_is_found_comes_in_the_order_of_names_page_after_page(app: Flask, cast: Cast) -> None:
    with inside(app, cast.north):
        for n in (5, 2, 7, 1, 6, 3, 4):
            services.add_contact(f"Иван {n}", [f"+7 903 000-00-{n:02}"])
        services.add_contact("Пётр", ["+7 903 000-01-00"], company="Иваново")

    assert found(app, cast.north, "ИВА") == [*(f"Иван {n}" for n in range(1, 8)), "Пётр"]
    assert found(app, cast.north, "900 000 01") == []
    assert found(app, cast.north, "903 000 01") == ["Пётр"]
    with inside(app, cast.north):
        last = contact_page("ива", limit=7)
        back = contact_page(
            "ива", Cursor.decode(contact_page("ива", Cursor.decode(last.next or "", 1)).previous or "", 1)
        )
    assert [row.name for row in back.rows] == [f"Иван {n}" for n in range(1, 8)]


def test_a_changed_contact_is_found_by_what_it_is_now_and_by_nothing_that_it_was(
    app: Flask, cast: Cast, petr: int
) -> None:
    with inside(app, cast.north):
        services.edit_contact(petr, "Павел", ["+7 495 765-43-21"], company="Василёк")

    assert [found(app, cast.north, part) for part in ("ёлкин", "ромашка", "1112233")] == [[], [], []]
    assert [found(app, cast.north, part) for part in ("паве", "силё", "765 43 21")] == [["Павел"]] * 3


def test_a_removed_contact_is_found_no_more_and_found_again_when_it_is_back(app: Flask, cast: Cast, petr: int) -> None:
    with inside(app, cast.north):
        removed = services.remove_contact(petr)
    assert found(app, cast.north, "ёлкин") == []

    with inside(app, cast.north):
        services.restore_contact(removed.id)
    assert found(app, cast.north, "ёлкин") == ["Пётр Ёлкин"]


@pytest.mark.parametrize("part", ["100% наши", "наши_100", "a/b/c", 'ООО "Мир"', "100%"])
def test_signs_of_the_question_mean_themselves(app: Flask, cast: Cast, part: str) -> None:
    with inside(app, cast.north):
        services.add_contact(f"Фирма {part} и другие", ["+7 903 000-00-01"])
        services.add_contact("Фирма 100 наши 100 abc ООО Мир", ["+7 903 000-00-02"])

    assert found(app, cast.north, part) == [f"Фирма {part} и другие"]


def test_a_stranger_with_the_same_words_is_not_found(app: Flask, cast: Cast, petr: int) -> None:
    with inside(app, cast.south):
        services.add_contact("Пётр Ёлкин", ["8 903 111-22-33"], company="Ромашка")

    assert found(app, cast.north, "ромашка") == ["Пётр Ёлкин"]
    assert found(app, cast.south, "ромашка") == ["Пётр Ёлкин"]


def test_a_large_book_is_not_counted_to_its_end(
    app: Flask, cast: Cast, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNTED", 2)
    with inside(app, cast.south):
        db.session.add_all(Contact(name=f"Stranger {number}") for number in range(5))
    with inside(app, cast.north):
        db.session.add_all(Contact(name=f"Person {number}") for number in range(2))
    assert "2 контакта в книге" in anna.get("/contacts").text
    with inside(app, cast.north):
        db.session.add_all(Contact(name=f"Somebody {number}") for number in range(2))
    assert "больше 10 000 контактов" in anna.get("/contacts").text


def test_every_number_of_a_contact_is_called_from_here_by_whoever_may(
    app: Flask, cast: Cast, anna: Browser, boris: Browser
) -> None:
    numbers = [f"7903111220{last}" for last in range(5)]
    with inside(app, cast.north):
        contact_id = services.add_contact("Пётр Ёлкин", numbers).id

    for url in ("/contacts", f"/contacts/{contact_id}"):
        page, viewers = (each.get(url).get_data(as_text=True) for each in (anna, boris))
        assert re.findall(r'href="/calls/new\?to=%2B(\d+)&amp;back=', page) == numbers
        assert "tel:" not in page
        assert "/calls/new" not in viewers
        assert re.findall(r'href="tel:\+(\d+)"', viewers) == numbers
