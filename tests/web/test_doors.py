"""Doors that every address has: headers on each answer, the token in each form."""

import re

import pytest
from flask import Flask

from tests.architecture.routes import Route, routes
from tests.browser import Browser

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
