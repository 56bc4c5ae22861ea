"""L2: what matters to whoever looks after an installation stands in its log, or in the trail, with who it was."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import services
from portal.accounts.trail.models import AuditEntry
from portal.kernel.db import transaction
from tests.accounts.entrance import sign_in
from tests.browser import Browser
from tests.people import ANNA, OLGA, Cast, Person

Browse = Callable[[Person], Browser]
Line = dict[str, Any]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[Line]]]:
    """Every line of our own loggers until now."""
    with caplog.at_level(logging.INFO):
        yield lambda: [record.msg for record in caplog.records if isinstance(record.msg, dict)]


def _guess_a_code(nobody: Browser) -> None:
    sign_in(nobody, OLGA.email)
    nobody.submit("/login/code", {"code": "000000"})


def _guess_too_often(nobody: Browser) -> None:
    for _time in range(12):
        sign_in(nobody, password="a wrong password")


REFUSED: dict[str, tuple[Callable[[Browser, Browser], object], Line]] = {
    "a sign-in": (lambda nobody, _boris: sign_in(nobody), {"event": "signed_in", "by": "password"}),
    "a wrong password": (lambda nobody, _boris: sign_in(nobody, password="wrong"), {"event": "sign_in_failed"}),
    "a wrong code": (lambda nobody, _boris: _guess_a_code(nobody), {"event": "factor_refused"}),
    "guessing": (lambda nobody, _boris: _guess_too_often(nobody), {"status": 429}),
    "nobody": (lambda nobody, _boris: nobody.get("/calls"), {"refused": "NotSignedIn"}),
    "no right": (lambda _nobody, boris: boris.get("/users"), {"refused": "Forbidden", "status": 403}),
    "no token": (lambda _nobody, boris: boris.post("/profile"), {"refused": "CSRFError", "status": 400}),
    "another site": (
        lambda _nobody, boris: boris.post(
            "/profile", data={"csrf_token": boris.token()}, headers={"Sec-Fetch-Site": "cross-site"}
        ),
        {"method": "POST", "status": 403},
    ),
    "a form that is wrong": (lambda _nobody, boris: boris.submit("/profile", {"name": ""}), {"status": 422}),
    "no key": (lambda nobody, _boris: nobody.get("/api.php/telephony/get_calls"), {"status": 401}),
}


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_and_who_comes_in_is_logged(
    what: str, nobody: Browser, boris: Browser, lines: Callable[[], list[Line]]
) -> None:
    act, expected = REFUSED[what]
    act(nobody, boris)

    assert any(expected.items() <= line.items() for line in lines()), lines()
    assert all(line["request_id"] for line in lines() if line["event"] == "answered")


def test_a_line_says_who_and_in_which_account(
    app: Flask, cast: Cast, anna: Browser, lines: Callable[[], list[Line]]
) -> None:
    anna.get("/calls")

    with app.app_context(), transaction(writes=False):
        who = services.find_user(ANNA.email).id
    answered = [line for line in lines() if line["event"] == "answered"]
    assert [(line["user"], line["account"]) for line in answered] == [(who, cast.north)]


@pytest.mark.parametrize(
    ("url", "action"),
    [
        ("/integration/key/reveal", "api_key.reveal"),
        ("/calls/export", "calls.export"),
        ("/contacts/export", "contacts.export"),
        ("/audit/export", "audit.export"),
        ("/calls/archive", "records.archive"),
    ],
)
def test_what_is_shown_or_taken_away_stands_in_the_trail(
    app: Flask, cast: Cast, anna: Browser, url: str, action: str
) -> None:
    assert anna.submit(url, {"form": "csv", "format": "csv"}).status_code < 400

    with app.app_context(), transaction(cast.north, writes=False) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.actor == ANNA.email)).all()
        assert action in [entry.action for entry in told]
