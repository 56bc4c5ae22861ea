"""Signing in and out."""

from tests.browser import Browser
from tests.people import ANNA, PASSWORD


def sign_in(browser: Browser, email: str = ANNA.email, password: str = PASSWORD, target: str = ""):  # type: ignore[no-untyped-def]
    return browser.submit("/login", {"email": email, "password": password, "next": target})


def test_it_opens_the_cabinet_for_the_right_password(nobody: Browser) -> None:
    answer = sign_in(nobody)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
