"""What a passkey is asked: for one act, in one browser, for five minutes, answered once."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask, session

from portal.accounts.factors.challenges import LIFETIME, new_challenge, spend_challenge
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import Refused


def given(app: Flask, *, purpose: str = "sign in") -> dict[str, object]:
    """The cookie of a browser that has asked."""
    with app.test_request_context():
        assert len(new_challenge(purpose)) == 64
        return dict(session)


def spend(app: Flask, cookie: dict[str, object], purpose: str = "sign in") -> bytes:
    with app.test_request_context(), transaction():
        session.update(cookie)
        return spend_challenge(app.extensions["portal.vault"], purpose)


def test_it_is_answered_once_also_from_a_copied_cookie(app: Flask) -> None:
    """P16."""
    cookie = given(app)
    assert len(spend(app, cookie)) == 64

    with pytest.raises(Refused):
        spend(app, cookie)


def test_it_is_good_for_its_own_act_and_for_five_minutes(app: Flask) -> None:
    """P16."""
    with pytest.raises(Refused):
        spend(app, given(app), "confirm")
    cookie = given(app)
    with time_machine.travel(now() + LIFETIME + timedelta(seconds=2), tick=False), pytest.raises(Refused):
        spend(app, cookie)


def test_who_was_given_none_answers_none(app: Flask) -> None:
    """P16."""
    with pytest.raises(Refused):
        spend(app, {})
