"""Doors that every address has: headers on each answer, the token in each form, no secret written down."""

import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.trail.models import AuditEntry, InstallationEntry
from portal.kernel.db import db, transaction
from tests.architecture.routes import Route, routes
from tests.browser import Browser
from tests.people import ANNA, Cast

CANARY = "Canary7fly2"
"""In a password, a code, a key and a cookie: whoever writes one of them down has written this."""
LEAVES = {"accounts.sign_out", "accounts.leave", "admin.visit", "calls.place_test_call", "calls.hang_up"}
"""Whoever presses these is somebody else afterwards, or waits for a switch that does not run here."""
WITHOUT_TOKEN = ("/api.php/", "/capture/", "/provider")


def forms(app: Flask) -> list[Route]:
    return [route for route in routes(app) if route.method == "POST" and not route.rule.startswith(WITHOUT_TOKEN)]


def address(route: Route) -> str:
    """Of something that nobody has."""
    return re.sub(r"<string\(length=32\):[^>]+>", "0" * 32, re.sub(r"<(?:int:)?[^>]+>", "1", route.rule))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/login", 200), ("/calls", 303), ("/no-such-page", 404), ("/logout", 405), ("/static/x/no-such-file", 404)],
)
def test_every_answer_carries_the_headers(nobody: Browser, path: str, status: int) -> None:
    """W1, W2, W3, S12, C5."""
    answer = nobody.get(path)

    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_every_cookie_is_bound_to_the_host(nobody: Browser) -> None:
    """S10."""
    token = nobody.token()
    answers = [nobody.get("/login"), nobody.submit("/preferences", {"locale": "en", "theme": "dark"}, token=token)]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]

    assert len(cookies) >= 2
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def test_no_form_is_taken_without_its_token(app: Flask, anna: Browser) -> None:
    """C1, C7: over all addresses, no list by hand."""
    taken = [route.rule for route in forms(app) if anna.post(address(route)).status_code not in {400, 404}]

    assert len(forms(app)) > 100
    assert not taken


def test_no_form_of_another_site_is_taken_even_with_the_token(app: Flask, anna: Browser) -> None:
    """C2."""
    token = anna.token()
    other = {"Sec-Fetch-Site": "cross-site"}
    taken = [
        route.rule
        for route in forms(app)
        if anna.post(address(route), data={"csrf_token": token}, headers=other).status_code not in {403, 404}
    ]

    assert not taken


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every line of every logger."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_no_secret_is_written_down(
    app: Flask, cast: Cast, nobody: Browser, anna: Browser, olga: Browser, heard: pytest.LogCaptureFixture
) -> None:
    """L3: a password, a code, a key and a cookie, pushed through every form there is, by whoever may open it."""
    names = ("password", "current", "code", "credential", "abonent_api_key", "secret", "token", "next", "key")
    secret = dict.fromkeys(names, CANARY)
    nobody.set_cookie("__Host-portal", CANARY, domain="localhost")
    nobody.submit("/login", {**secret, "email": ANNA.email})
    nobody.submit("/forgotten", {**secret, "email": ANNA.email})
    nobody.get(f"/calls?abonent_api_key={CANARY}&token={CANARY}")
    nobody.get("/profile", headers={"Authorization": f"Bearer {CANARY}"})
    token, operators_token = anna.token(), olga.token()
    for route in forms(app):
        if route.endpoint not in LEAVES:
            anna.submit(address(route), secret, token=token)
            olga.submit(address(route), secret, token=operators_token)

    written = " ".join(f"{record.getMessage()} {record.__dict__.get('_record', '')}" for record in heard.records)
    with app.app_context(), transaction(everything="what the tests look for", writes=False):
        rows = [*db.session.scalars(select(AuditEntry)), *db.session.scalars(select(InstallationEntry))]
        kept = repr([vars(row) for row in rows])

    assert "sign_in_failed" in written
    assert CANARY not in written
    assert CANARY not in kept
