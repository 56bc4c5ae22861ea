"""The form at the entrance, as people fill it in."""

from werkzeug.test import TestResponse

from tests.browser import Browser
from tests.people import ANNA, PASSWORD


def sign_in(browser: Browser, email: str = ANNA.email, password: str = PASSWORD, target: str = "") -> TestResponse:
    return browser.submit("/login", {"email": email, "password": password, "next": target})
