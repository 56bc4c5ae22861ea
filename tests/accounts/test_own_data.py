"""«Личные данные»: name, looks, notices, e-mail, password, sessions; and nothing of others."""

import re

from flask import Flask
from sqlalchemy import select

from portal.accounts import services
from portal.accounts.admins import Notice, admins_of
from portal.accounts.models import User
from portal.kernel.db import db, transaction
from tests.accounts.entrance import sign_in
from tests.browser import Browser, signed_in
from tests.people import ANNA, BORIS, PASSWORD, Cast

OWN = {"name": "Анна Новая", "locale": "en", "theme": "dark", "money": "y"}
GOOD = "seven lilac tractors"


def test_name_language_and_theme_are_kept(anna: Browser) -> None:
    assert anna.submit("/profile", OWN).status_code == 303

    page = anna.get("/profile").get_data(as_text=True)
    assert "Анна Новая" in page
    assert 'lang="en" data-theme="dark"' in page


def test_notices_go_to_who_wants_them(anna: Browser, app: Flask, cast: Cast) -> None:
    anna.submit("/profile", OWN)

    with app.app_context(), transaction(writes=False):
        assert [user.email for user in admins_of(cast.north, Notice.MONEY)] == [ANNA.email]
        assert not admins_of(cast.north, Notice.WEBHOOKS)


def test_more_than_the_form_has_changes_nothing(anna: Browser, app: Flask) -> None:
    """A3."""
    anna.submit("/profile", OWN | {"email": "x@y.example", "is_operator": "1", "user_id": "2", "role": "admin"})

    with app.app_context():
        user = services.find_user(ANNA.email)
        assert not user.is_operator
        assert services.find_user(BORIS.email).name == BORIS.name


def test_another_e_mail_signs_in_and_the_old_one_does_not(anna: Browser, app: Flask) -> None:
    assert anna.submit("/profile/email", {"email": " Anna.New@north.example "}).status_code == 303

    assert sign_in(Browser(app, use_cookies=True)).status_code == 422
    assert sign_in(Browser(app, use_cookies=True), email="anna.new@north.example").status_code == 303


def test_somebody_elses_e_mail_is_refused(anna: Browser) -> None:
    answer = anna.submit("/profile/email", {"email": BORIS.email})

    assert answer.status_code == 422
    assert BORIS.email in answer.get_data(as_text=True), "what was typed is kept"


def test_the_password_is_changed_with_the_present_one(anna: Browser, app: Flask) -> None:
    """P4, S5."""
    other = signed_in(app, ANNA)
    form = {"current": PASSWORD, "password": GOOD, "ends_others": "y"}

    assert anna.submit("/profile/password", form | {"current": "wrong guess"}).status_code == 422
    assert anna.submit("/profile/password", form).status_code == 303

    assert other.get("/profile").status_code == 303
    assert anna.get("/profile").status_code == 200
    assert sign_in(Browser(app, use_cookies=True), password=GOOD).status_code == 303


def test_the_other_sessions_go_on_where_that_is_wanted(anna: Browser, app: Flask) -> None:
    """S5: offered, and on unless taken off."""
    assert 'name="ends_others" type="checkbox" value="y"' in anna.get("/profile").get_data(as_text=True)
    other = signed_in(app, ANNA)

    anna.submit("/profile/password", {"current": PASSWORD, "password": GOOD})

    assert other.get("/profile").status_code == 200


def test_a_person_sees_the_own_sessions_and_ends_one_or_all_others(anna: Browser, boris: Browser, app: Flask) -> None:
    """S6."""
    others = [signed_in(app, ANNA) for _ in range(3)]
    page = anna.get("/profile").get_data(as_text=True)
    assert page.count("127.0.0.1") == 4

    one = max(map(int, re.findall(r"/profile/sessions/(\d+)/end", page)))
    assert anna.submit(f"/profile/sessions/{one}/end").status_code == 303
    assert [browser.get("/profile").status_code for browser in others] == [200, 200, 303]
    anna.submit("/profile/sessions/end-others")

    assert {browser.get("/profile").status_code for browser in others} == {303}
    assert anna.get("/profile").status_code == 200
    assert boris.get("/profile").status_code == 200


def test_no_password_is_ever_sent_back(anna: Browser, app: Flask) -> None:
    page = anna.submit("/profile/password", {"current": "my old secret word", "password": "short"}).get_data(
        as_text=True
    )

    assert "my old secret word" not in page
    with app.app_context(), transaction(writes=False):
        assert db.session.scalar(select(User.id).where(User.password_hash.contains("secret"))) is None
