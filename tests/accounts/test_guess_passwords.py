"""Guessing passwords is slowed down, and nobody can keep somebody else out by it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.accounts import services, sessions, signing_in
from portal.accounts.models import SignInFailure
from portal.accounts.signing_in import Place
from portal.accounts.throttle import FREE_TRIES, NAME_TRIES, NETWORK_TRIES, Attempt, network_of
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused, TooMany
from tests.accounts.entrance import sign_in
from tests.browser import Browser
from tests.people import ANNA, BORIS, PASSWORD, Cast


def test_guessing_one_name_is_slowed_down_and_told_how_long(nobody: Browser) -> None:
    answers = [sign_in(nobody, password="wrong guess") for _ in range(7)]

    assert [answer.status_code for answer in answers[:5]] == [422] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert sign_in(nobody).status_code == 429


def test_many_guesses_at_once_get_no_further_than_many_in_turn(app: Flask, cast: Cast) -> None:
    """P7: each was let in before the first had failed."""
    vault = app.extensions["portal.vault"]

    def guess(number: int) -> type[Exception]:
        with app.app_context(), pytest.raises((Refused, TooMany)) as refusal:
            signing_in.sign_in(vault, ANNA.email, f"guess {number}", Place("198.51.100.7", "tests"))
        return refusal.type

    with time_machine.travel(now(), tick=False), ThreadPoolExecutor(16) as crowd:
        refusals = list(crowd.map(guess, range(32)))

    assert refusals.count(Refused) == FREE_TRIES


def test_signing_in_forgives_the_attempt_itself(nobody: Browser, app: Flask) -> None:
    """The network's count keeps the failures of others, and no success."""
    sign_in(nobody, email="nobody@north.example", password="wrong guess")
    for _ in range(3):
        sign_in(nobody)
        nobody.submit("/logout")

    with app.app_context(), transaction(writes=False):
        assert max(row.count for row in db.session.scalars(select(SignInFailure))) == 1


def test_the_wait_ends_by_itself(nobody: Browser) -> None:
    for _ in range(6):
        sign_in(nobody, password="wrong guess")

    with time_machine.travel(now() + timedelta(minutes=16), tick=True):
        assert sign_in(nobody).status_code == 303


def test_a_stranger_cannot_lock_somebody_out(app: Flask, cast: Cast) -> None:
    anna = Browser(app, use_cookies=True)
    vault = app.extensions["portal.vault"]
    with app.app_context(), transaction():
        sessions.open_session(vault, services.find_user(ANNA.email), "203.0.113.7", "her office")
    for number in range(NAME_TRIES):
        with app.app_context(), transaction():
            Attempt(vault, ANNA.email, f"198.51.100.{number}").begin()

    token = anna.token()
    answer = anna.post(
        "/login",
        data={"email": ANNA.email, "password": PASSWORD, "csrf_token": token},
        environ_overrides={"REMOTE_ADDR": "203.0.113.7"},
    )

    assert answer.status_code == 303


def test_too_many_names_from_one_network_are_slowed_down(nobody: Browser) -> None:
    answers = [sign_in(nobody, email=f"guess{number}@north.example", password="wrong guess") for number in range(42)]

    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429


def test_guesses_of_a_neighbour_keep_nobody_out_who_has_been_here_before(nobody: Browser, cast: Cast) -> None:
    """P7: an office, or a mobile provider's customers, have one address in common."""
    sign_in(nobody)
    nobody.submit("/logout")
    for number in range(NETWORK_TRIES):
        sign_in(nobody, email=f"guess{number}@north.example", password="wrong guess")

    assert sign_in(nobody, email=BORIS.email).status_code == 429
    assert sign_in(nobody).status_code == 303


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_one_visitor_is_one_network(address: str, network: str) -> None:
    """P7: on a socket for both families all of IPv4 was one visitor, whom any stranger could lock out."""
    assert network_of(address) == network
