"""P15: by mail a person hears of a changed password, e-mail or second factor, of a new place, and of wrong guesses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.signing_in import FAILURES_TO_TELL
from portal.accounts.throttle import Attempt
from portal.kernel.db import transaction
from portal.kernel.mail.models import OutgoingMail
from tests.accounts.entrance import sign_in
from tests.accounts.test_second_factor import set_up
from tests.browser import Browser
from tests.people import ANNA, PASSWORD, Cast


@pytest.fixture(autouse=True)
def _has_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "portal.postman", object())


@pytest.fixture
def letters(app: Flask) -> Callable[[], list[tuple[str, str]]]:
    """To whom, and what: whatever waits to be sent."""

    def read() -> list[tuple[str, str]]:
        with app.app_context(), transaction(writes=False) as session:
            rows = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))
            return [(row.recipient, f"{row.subject}\n{row.text}") for row in rows]

    return read


Letters = Callable[[], list[tuple[str, str]]]


def test_of_a_new_password(anna: Browser, letters: Letters) -> None:
    new = "a new and much longer one"

    anna.submit("/profile/password", {"current": PASSWORD, "password": new})

    ((recipient, text),) = letters()
    assert recipient == ANNA.email
    assert new not in text


def test_of_another_email_at_the_old_address(anna: Browser, letters: Letters) -> None:
    anna.submit("/profile/email", {"email": "anna@elsewhere.example", "current": PASSWORD})

    assert ANNA.email in [recipient for recipient, _text in letters()]


def test_of_a_second_factor(anna: Browser, letters: Letters) -> None:
    own, codes = set_up(anna)

    text = " ".join(text for _recipient, text in letters())
    assert text
    assert own.secret not in text
    assert not any(code in text for code in codes)


def test_of_a_sign_in_from_where_one_never_was(nobody: Browser, cast: Cast, letters: Letters) -> None:
    for agent in ("First/1.0", "First/1.0", "Second/2.0"):
        nobody.environ_base["HTTP_USER_AGENT"] = agent
        sign_in(nobody)
        nobody.submit("/logout")

    assert len(letters()) == 1


def test_of_wrong_guesses_before_the_right_one(
    app: Flask, cast: Cast, nobody: Browser, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Attempt, "_check", lambda _self: None)
    sign_in(nobody)
    nobody.submit("/logout")
    for _guess in range(FAILURES_TO_TELL):
        sign_in(nobody, password="a wrong guess, long enough")

    sign_in(nobody)

    ((recipient, text),) = letters()
    assert recipient == ANNA.email
    assert str(FAILURES_TO_TELL) in text
    assert "wrong guess" not in text
