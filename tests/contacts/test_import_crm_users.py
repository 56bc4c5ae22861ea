"""A pasted list becomes CRM users; what cannot be read is handed back with the reason."""

import pytest
from flask import Flask

from portal.contacts import services
from portal.kernel.errors import Refused
from tests.contacts.desk import actions, add_lines, add_users, inside, mapping
from tests.people import Cast

GOOD = {
    "a name alone": ("Игорь", ("Игорь", None)),
    "with a semicolon": ("Olga Manoli;SIP/00000000672", ("Olga Manoli", "SIP/00000000672")),
    "with a tab": ("Olga Manoli\tSIP/00000000672", ("Olga Manoli", "SIP/00000000672")),
    "with the figures alone": ("Olga Manoli; 672", ("Olga Manoli", "SIP/00000000672")),
    "with spaces and quotes": ('  "Olga   Manoli" ; sip/00000000672 ;', ("Olga Manoli", "SIP/00000000672")),
    "with quotes in the name": ('Olga "Books" Manoli;672', ('Olga "Books" Manoli', "SIP/00000000672")),
    "with quotes at the end": ('LLC "Daisy"', ('LLC "Daisy"', None)),
    "quoted by a spreadsheet": ('"LLC ""Daisy"""; "672"', ('LLC "Daisy"', "SIP/00000000672")),
    "with a semicolon in quotes": ('"Manoli; Olga";672', ("Manoli; Olga", "SIP/00000000672")),
    "with one quote": ('Olga 5" Manoli;672', ('Olga 5" Manoli', "SIP/00000000672")),
    "with a byte order mark": ("\ufeffOlga Manoli;672", ("Olga Manoli", "SIP/00000000672")),
    "with an empty second cell": ("Olga Manoli;", ("Olga Manoli", None)),
}
BAD = {
    "an unknown phone": "Olga Manoli;999",
    "somebody's phone": "Olga Manoli;671",
    "a phone without a name": "672",
    "a phone before nothing": ";672",
    "too many cells": "Olga;Manoli;672",
    "nothing but cells": ";;\t;",
    "a cell without an end": "O" * 200_000,
    "an endless name": "O" * 201,
}


@pytest.fixture
def north(app: Flask, cast: Cast) -> int:
    """North with the phones 671 and 672; Dmitry has 671."""
    first, _second = add_lines(app, cast.north, "671", "672")
    (dmitry,) = add_users(app, cast.north, "Dmitry Okulov")
    with inside(app, cast.north):
        services.map_crm_users({dmitry: first})
    return cast.north


@pytest.mark.parametrize("case", GOOD)
def test_a_line_makes_a_user(app: Flask, north: int, case: str) -> None:
    text, (name, line) = GOOD[case]

    with inside(app, north):
        result = services.import_crm_users(text)

    assert (len(result.added), result.skipped, result.unread) == (1, [], [])
    assert mapping(app, north)[name] == line
    assert actions(app, north)[-1] == "crm_user.import"


@pytest.mark.parametrize("case", BAD)
def test_a_line_that_cannot_be_read_is_handed_back_with_the_reason(app: Flask, north: int, case: str) -> None:
    with inside(app, north):
        result = services.import_crm_users(f"Игорь\n{BAD[case]}")

    (unread,) = result.unread
    assert (unread.number, result.left) == (2, BAD[case])
    assert unread.why
    assert [user.name for user in result.added] == ["Игорь"]


def test_names_that_are_there_are_skipped_and_said_so(app: Flask, north: int) -> None:
    with inside(app, north):
        result = services.import_crm_users("dmitry okulov\nИгорь\n\nИГОРЬ;672")

    assert [line.number for line in result.skipped] == [1, 4]
    assert mapping(app, north) == {"Dmitry Okulov": "SIP/00000000671", "Игорь": None}


def test_a_phone_goes_to_the_first_who_names_it(app: Flask, north: int) -> None:
    with inside(app, north):
        result = services.import_crm_users("Olga;672\nIgor;672")

    assert "Olga" in result.unread[0].why


@pytest.mark.parametrize("text", ["", " \n\t\n", "\n".join(f"User {n}" for n in range(1001))])
def test_an_empty_or_endless_paste_is_refused(app: Flask, north: int, text: str) -> None:
    with pytest.raises(Refused) as refused, inside(app, north):
        services.import_crm_users(text)

    assert refused.value.field == "text"
