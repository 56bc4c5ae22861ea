"""Signing in: the right password opens, everything else answers alike, guessing is slowed down."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts import services, sessions
from portal.accounts.api_keys import reveal_api_key
from portal.accounts.models import User, UserSession
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from tests.accounts.entrance import sign_in
from tests.browser import Browser, signed_in
from tests.people import ANNA, BORIS, OLGA, PASSWORD, SECRET, Cast, Person


def text_of(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def test_the_right_password_opens_the_cabinet(nobody: Browser) -> None:
    answer = sign_in(nobody)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert nobody.get("/profile").status_code == 200


def test_the_e_mail_is_taken_as_people_write_it(nobody: Browser) -> None:
    assert sign_in(nobody, email=f"  {ANNA.email.upper()} ").status_code == 303


def test_the_password_is_taken_exactly_as_typed(nobody: Browser) -> None:
    assert sign_in(nobody, password=f" {PASSWORD}").status_code == 422
    assert sign_in(nobody, password=PASSWORD.upper()).status_code == 422


def test_wrong_password_unknown_name_and_disabled_person_are_answered_alike(nobody: Browser, app: Flask) -> None:
    with app.app_context(), transaction():
        services.disable_user(BORIS.email)

    answers = [
        sign_in(nobody, password="not the password"),
        sign_in(nobody, email="nobody@north.example"),
        sign_in(nobody, email=BORIS.email),
    ]

    assert {answer.status_code for answer in answers} == {422}
    texts = {text_of(answer).split("error-summary")[1].split("</div>")[0] for answer in answers}
    assert len(texts) == 1


def test_what_was_typed_is_kept_but_for_the_password(nobody: Browser) -> None:
    page = text_of(sign_in(nobody, password="not the password"))

    assert ANNA.email in page
    assert "not the password" not in page


def test_an_operator_lands_in_the_console(nobody: Browser) -> None:
    assert sign_in(nobody, email=OLGA.email).headers["Location"] == "/login/code"

    answer = nobody.submit("/login/code", {"code": pyotp.TOTP(SECRET).now()})

    assert answer.headers["Location"] == "/admin"


@pytest.mark.parametrize("target", ["/integration", "/calls?q=7903&page=abc"])
def test_it_goes_on_to_the_page_that_was_wanted(nobody: Browser, target: str) -> None:
    assert sign_in(nobody, target=target).headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "/\t/evil.example",
        "\t//evil.example", "/\n/evil.example", "javascript:alert(1)", "///evil.example", "evil.example",
        "http://localhost@evil.example", "\\\\evil.example", "/x\x01",
    ],
)  # fmt: skip
def test_it_never_goes_to_another_site(nobody: Browser, target: str) -> None:
    assert sign_in(nobody, target=target).headers["Location"] == "/"


def test_who_is_not_signed_in_is_asked_to_and_comes_back(nobody: Browser) -> None:
    answer = nobody.get("/profile?tab=1")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/profile?tab%3D1"


def test_the_cookie_is_bound_to_the_host_and_the_token_is_new_at_each_sign_in(nobody: Browser, app: Flask) -> None:
    cookies = []
    for _ in range(2):
        answer = sign_in(nobody)
        cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-portal="))
        cookies.append(cookie.split(";")[0])
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie
        assert len(cookie) < 4096
        nobody.submit("/logout")

    assert cookies[0] != cookies[1]


def test_the_database_holds_no_token(nobody: Browser, app: Flask) -> None:
    sign_in(nobody)
    with nobody.session_transaction(base_url="https://localhost") as cookie:
        token = cookie["_user_id"]
    with app.app_context(), transaction(writes=False):
        rows = db.session.scalars(select(UserSession)).all()

    assert len(token) >= 43
    assert all(token not in repr(vars(row)) for row in rows)


def test_a_form_without_its_token_is_refused(nobody: Browser) -> None:
    answer = nobody.post("/login", data={"email": ANNA.email, "password": PASSWORD})

    assert answer.status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_is_refused_even_with_the_token(nobody: Browser, site: str) -> None:
    token = nobody.token()
    form = {"email": ANNA.email, "password": PASSWORD, "csrf_token": token}

    assert nobody.post("/login", data=form, headers={"Sec-Fetch-Site": site}).status_code == 403


def test_a_page_that_stands_open_does_not_keep_its_session_alive(anna: Browser) -> None:
    """S7: its fragments ask for news by themselves."""
    began = now()
    with time_machine.travel(began + timedelta(hours=5), tick=False):
        assert anna.fragment("/calls/live").status_code == 200

    with time_machine.travel(began + timedelta(hours=9), tick=False):
        assert anna.get("/calls").status_code == 303


def test_a_click_keeps_the_session_alive(anna: Browser) -> None:
    began = now()
    with time_machine.travel(began + timedelta(hours=5), tick=False):
        assert anna.get("/calls").status_code == 200

    with time_machine.travel(began + timedelta(hours=9), tick=False):
        assert anna.get("/calls").status_code == 200


@pytest.mark.parametrize("person", [ANNA, BORIS, OLGA])
def test_signing_out_kills_a_copied_cookie(app: Flask, browse: Callable[[Person], Browser], person: Person) -> None:
    browser = browse(person)
    copy = Browser(app, use_cookies=True)
    with browser.session_transaction(base_url="https://localhost") as cookie:
        token = cookie["_user_id"]
    with copy.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = token
    assert copy.get("/profile").status_code == 200

    answer = browser.submit("/logout")

    assert answer.status_code == 303
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert browser.get("/profile").status_code == 303
    assert copy.get("/profile").status_code == 303


def test_signing_out_is_never_a_link(anna: Browser) -> None:
    assert anna.get("/logout").status_code == 405


def test_a_disabled_person_is_out_at_the_next_request(app: Flask, boris: Browser) -> None:
    assert boris.get("/profile").status_code == 200
    with app.app_context(), transaction():
        services.disable_user(BORIS.email)

    assert boris.get("/profile").status_code == 303


def test_a_new_password_ends_every_session(app: Flask, anna: Browser) -> None:
    with app.app_context(), transaction():
        services.set_password(ANNA.email, "another good password")

    assert anna.get("/profile").status_code == 303
    assert sign_in(Browser(app, use_cookies=True), password="another good password").status_code == 303


@pytest.mark.parametrize("idle", [sessions.IDLE_LIMIT, sessions.ABSOLUTE_LIMIT])
def test_a_session_ends_by_itself(anna: Browser, idle: timedelta) -> None:
    with time_machine.travel(now() + idle + timedelta(minutes=1), tick=True):
        assert anna.get("/profile").status_code == 303


def test_clicking_keeps_a_session_and_the_limit_still_comes(anna: Browser) -> None:
    start = now()
    step = sessions.IDLE_LIMIT - timedelta(minutes=5)
    moment = start + step
    while moment < start + sessions.ABSOLUTE_LIMIT:
        with time_machine.travel(moment, tick=True):
            assert anna.get("/profile").status_code == 200
        moment += step
    with time_machine.travel(moment, tick=True):
        assert anna.get("/profile").status_code == 303


def test_the_oldest_session_goes_when_there_are_too_many(app: Flask, cast: Cast) -> None:
    first = signed_in(app, ANNA)
    for _ in range(sessions.MAX_SESSIONS):
        signed_in(app, ANNA)

    assert first.get("/profile").status_code == 303


def test_an_old_hash_is_made_anew(app: Flask, nobody: Browser) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with app.app_context(), transaction():
        services.find_user(ANNA.email).password_hash = weak

    sign_in(nobody)

    with app.app_context(), transaction(writes=False):
        stored = db.session.scalar(select(User.password_hash).where(User.email == ANNA.email))
    assert stored != weak
    assert stored is not None
    assert stored.startswith("$argon2id$")


def test_a_session_is_not_an_api_key_and_a_key_is_not_a_session(
    anna: Browser, nobody: Browser, app: Flask, cast: Cast
) -> None:
    with app.app_context(), transaction(cast.north):
        key = reveal_api_key(app.extensions["portal.vault"])

    assert anna.get("/api.php/telephony/get_calls").status_code == 401
    assert nobody.get(f"/profile?abonent_api_key={key}").status_code == 303
    assert nobody.get("/profile", headers={"Authorization": f"Bearer {key}"}).status_code == 303
