"""What a password may be, tried where one is chosen: by a link."""

import pytest
from flask import Flask

from tests.accounts.entrance import sign_in
from tests.accounts.test_links_that_let_in import GOOD, reset_link
from tests.browser import Browser
from tests.people import BORIS


@pytest.mark.parametrize("easy", ["short", "password1234", "qwertyuiop123", "boris sever 1", "aaaaaaaaaaaaaa"])
def test_an_easy_password_is_refused_and_the_link_works_on(nobody: Browser, app: Flask, easy: str) -> None:
    """P3."""
    link = reset_link(app)

    assert nobody.submit(link, {"password": easy}).status_code == 422
    assert nobody.submit(link, {"password": GOOD}).status_code == 303


@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("lilac 7 trac", 303),
        ("lilac 7 tra", 422),
        ("сирень трактор", 303),
        (" lilac\ttractors 🚜 ", 303),
        ("lilac tractors " * 17 + "x", 303),
        ("lilac tractors " * 17 + "xy", 422),
    ],
    ids=["twelve", "eleven", "Cyrillic", "any character", "256", "257"],
)
def test_a_password_has_from_12_to_256_characters_of_any_kind(
    nobody: Browser, app: Flask, password: str, status: int
) -> None:
    """P1."""
    assert nobody.submit(reset_link(app), {"password": password}).status_code == status
    if status == 303:
        assert sign_in(nobody, email=BORIS.email, password=password).status_code == 303
