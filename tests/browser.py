"""The test's browser without a screen: every page it opens is checked as a page, and forms carry their token."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts import services, sessions
from portal.kernel.db import transaction
from tests.people import Person
from tests.support.page import assert_fragment, assert_page

HTMX = {"HX-Request": "true"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser(FlaskClient):
    """A client that refuses to share its session with the request, and checks what comes back."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Sends a request as a browser would, from a page of the same origin."""
        if has_app_context():
            # Flask would reuse the test's context: its scope and its session would leak into the request.
            raise RuntimeError("leave the app context before you open a page")
        kwargs.setdefault("base_url", "https://localhost")
        headers = dict(kwargs.pop("headers", {}))
        headers.setdefault("Sec-Fetch-Site", "same-origin")
        headers.setdefault("Referer", "https://localhost/")
        response = super().open(*args, headers=headers, **kwargs)
        # A long body was written to a file, which werkzeug's client leaves open.
        response.request.environ["wsgi.input"].close()
        if response.mimetype == "text/html" and not response.is_streamed and response.get_data():
            is_fragment = headers.get("HX-Request") == "true"
            (assert_fragment if is_fragment else assert_page)(response.get_data(as_text=True))
        return response

    def submit(
        self, url: str, data: dict[str, Any] | None = None, *, htmx: bool = False, token: str | None = None
    ) -> TestResponse:
        """Posts a form with the session's token; `htmx` asks for the fragment."""
        form = {"csrf_token": token or self.token(), **(data or {})}
        return self.post(url, data=form, headers=HTMX if htmx else {})

    def token(self) -> str:
        """The session's CSRF token, from a page that has a form whoever asks."""
        page = self.get("/no-such-page")
        found = _TOKEN.search(page.get_data(as_text=True))
        assert found, "the page holds no form with a token"
        return found[1]

    def fragment(self, url: str) -> TestResponse:
        """What htmx would swap in."""
        return self.get(url, headers=HTMX)


def signed_in(app: Flask, person: Person) -> Browser:
    """A browser in which this person has signed in (by a session of its own, without the price of hashing)."""
    browser = Browser(app, use_cookies=True)
    with app.app_context(), transaction():
        vault = app.extensions["portal.vault"]
        user = services.find_user(person.email)
        token = sessions.open_session(vault, user, "127.0.0.1", "tests")
    with browser.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return browser
