"""Doors that every address has: headers on each answer, the token in each form."""

import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

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
    assert answer.headers["X-Frame-Options"] == "DENY"
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


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_form_of_another_site_is_taken_even_with_the_token(app: Flask, anna: Browser, site: str) -> None:
    """C2."""
    token = anna.token()
    taken = [
        route.rule
        for route in forms(app)
        if anna.post(address(route), data={"csrf_token": token}, headers={"Sec-Fetch-Site": site}).status_code
        not in {403, 404}
    ]

    assert not taken


@pytest.mark.parametrize(
    ("origin", "status"), [("https://localhost", 303), ("https://evil.example", 403), ("null", 403)]
)
def test_an_old_browser_is_asked_where_its_form_stood(nobody: Browser, origin: str, status: int) -> None:
    """C2: one that says nothing of the site."""
    form = {"csrf_token": nobody.token(), "theme": "dark"}
    headers = {"Origin": origin, "Referer": "https://localhost/"}

    # Past the test's browser, which would say that it is our own.
    answer = FlaskClient.open(
        nobody, "/preferences", method="POST", data=form, headers=headers, base_url=headers["Referer"]
    )

    assert answer.status_code == status


@pytest.mark.parametrize(
    "path", ["/static/", "/static/x/", "/.git/config", "/portal/app.py", "/static/x/..%2f..%2fpyproject.toml", "/var"]
)
def test_no_folder_is_listed_and_no_file_of_ours_is_given(anna: Browser, path: str) -> None:
    """W13."""
    assert anna.get(path).status_code == 404


def test_nothing_is_traced_and_no_server_is_named(anna: Browser) -> None:
    """W13."""
    answer = anna.open("/calls", method="TRACE")

    assert answer.status_code == 405
    assert "Server" not in answer.headers


@pytest.fixture
def behind(make_app: Callable[..., Flask], database_url: str, request: pytest.FixtureRequest) -> Flask:
    """An installation with so many proxies of its own in front."""
    return make_app(database_url, PORTAL_TRUSTED_PROXIES=request.param)


@pytest.mark.parametrize(("behind", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.9")], indirect=["behind"])
def test_a_forwarded_address_is_believed_of_our_proxies_alone(
    behind: Flask, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """W6."""
    with caplog.at_level(logging.INFO):
        behind.test_client().get("/login", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})

    said = [record.msg["address"] for record in caplog.records if isinstance(record.msg, dict) and "path" in record.msg]
    assert said == [address]


def test_a_fault_of_ours_shows_a_request_id_and_nothing_of_the_inside(
    app: Flask, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W12."""
    monkeypatch.setattr("portal.contacts.views.book.pages.contact_page", lambda *_: 1 / 0)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    answer = anna.get("/contacts")

    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text


def test_a_form_without_files_has_its_bound(anna: Browser) -> None:
    """F7: one megabyte."""
    assert anna.submit("/profile", {"name": "a" * 1_100_000}).status_code == 413
