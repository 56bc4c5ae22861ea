"""Invitations and forgotten passwords: links that work once, for a while, and tell a stranger nothing."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.accounts import services
from portal.accounts.models import Membership
from portal.accounts.people import invitations, resets
from portal.accounts.people.models import Invitation, PasswordReset
from portal.accounts.roles import Role
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.mail.models import OutgoingMail
from tests.accounts.entrance import sign_in
from tests.browser import Browser, signed_in
from tests.people import ANNA, BORIS, CLARA, OLGA, Cast

NEW = "vera@new.example"
GOOD = "seven lilac tractors"


@pytest.fixture
def mailing(app: Flask) -> Iterator[Callable[[], list[OutgoingMail]]]:
    """The installation sends mail from here on; answers what waits."""
    settings = app.extensions["portal.settings"]
    app.extensions["portal.postman"] = object()
    object.__setattr__(settings, "public_url", "https://cabinet.example.ru")

    def letters() -> list[OutgoingMail]:
        with app.app_context(), transaction(writes=False):
            return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))

    yield letters
    app.extensions["portal.postman"] = None
    object.__setattr__(settings, "public_url", "")


def invite(browser: Browser, email: str = NEW, role: str = "manager") -> str:
    page = browser.submit("/users", {"email": email, "role": role, "was": ""}).get_data(as_text=True)
    return re.findall(r"/invite/[\w-]{43}", page)[0]


def join(browser: Browser, link: str, password: str = GOOD, name: str = "Vera") -> int:
    return browser.submit(link, {"name": name, "password": password}).status_code


def reset_link(app: Flask, email: str = BORIS.email) -> str:
    with app.app_context(), transaction():
        return f"/reset/{resets.make_reset(app.extensions['portal.vault'], services.find_user(email))}"


def test_who_is_invited_joins_with_the_role_and_is_signed_in(anna: Browser, nobody: Browser, app: Flask) -> None:
    link = invite(anna)

    assert "North" in nobody.get(link).get_data(as_text=True)
    assert join(nobody, link) == 303

    assert nobody.get("/contacts/new").status_code == 200
    assert nobody.get("/integration").status_code == 403


def test_an_invitation_works_once(anna: Browser, nobody: Browser, app: Flask) -> None:
    """P14."""
    link = invite(anna)
    join(nobody, link)

    again = Browser(app, use_cookies=True)
    assert again.get(link).status_code == 404
    assert join(again, link) == 404


def test_of_two_who_join_at_the_same_moment_one_does(anna: Browser, app: Flask, cast: Cast) -> None:
    token = invite(anna).rpartition("/")[2]
    vault = app.extensions["portal.vault"]

    def try_it(number: int) -> bool:
        with app.app_context():
            try:
                invitations.join_as_new(vault, token, f"Vera {number}", GOOD)
            except Exception:  # noqa: BLE001 - refused in one way or another
                return False
            return True

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(try_it, range(4))) == 1


def test_an_invitation_expires(anna: Browser, nobody: Browser) -> None:
    """P14."""
    link = invite(anna)

    with time_machine.travel(now() + invitations.LIFETIME + timedelta(minutes=1), tick=True):
        assert nobody.get(link).status_code == 404


def test_an_invitation_that_was_taken_back_opens_nothing(
    anna: Browser, nobody: Browser, app: Flask, cast: Cast
) -> None:
    link = invite(anna)
    with app.app_context(), transaction(cast.north, writes=False):
        row = db.session.scalars(select(Invitation.id)).one()

    assert anna.submit(f"/users/invitations/{row}/revoke").status_code == 303

    assert nobody.get(link).status_code == 404


def test_a_second_invitation_voids_the_first(anna: Browser, nobody: Browser) -> None:
    first, second = invite(anna), invite(anna)

    assert nobody.get(first).status_code == 404
    assert nobody.get(second).status_code == 200


def test_who_has_a_sign_in_joins_with_it_and_nobody_else_does(anna: Browser, clara: Browser, boris: Browser) -> None:
    link = invite(anna, CLARA.email)

    assert boris.submit(f"{link}/join").status_code == 404
    assert join(boris, link) == 409
    assert clara.submit(f"{link}/join").status_code == 303

    assert "North" in clara.get("/profile").get_data(as_text=True)


def test_an_invitation_goes_by_mail_and_is_then_shown_to_nobody(
    anna: Browser, mailing: Callable[[], list[OutgoingMail]]
) -> None:
    answer = anna.submit("/users", {"email": NEW, "role": "viewer", "was": ""})

    assert answer.status_code == 303
    (letter,) = mailing()
    assert letter.recipient == NEW
    assert "https://cabinet.example.ru/invite/" in letter.text


def test_the_table_holds_no_token(anna: Browser, app: Flask, cast: Cast) -> None:
    token = invite(anna).rpartition("/")[2]

    with app.app_context(), transaction(cast.north, writes=False):
        assert token not in repr([vars(row) for row in db.session.scalars(select(Invitation))])


def test_a_forgotten_password_is_chosen_anew_by_a_link(
    nobody: Browser, boris: Browser, app: Flask, mailing: Callable[[], list[OutgoingMail]]
) -> None:
    nobody.submit("/forgotten", {"email": f" {BORIS.email.upper()} "})
    letter = mailing()[0]
    link = re.findall(r"https://cabinet\.example\.ru(/reset/\S+)", letter.text)[0]

    assert nobody.submit(link, {"password": GOOD}).headers["Location"] == "/login"

    assert boris.get("/calls").status_code == 303, "every session has ended"
    assert sign_in(nobody, email=BORIS.email).status_code == 422
    assert sign_in(nobody, email=BORIS.email, password=GOOD).status_code == 303
    assert [mail.recipient for mail in mailing()][:2] == [BORIS.email, BORIS.email], "the person hears of the change"


def test_known_and_unknown_addresses_are_answered_alike(
    nobody: Browser, app: Flask, mailing: Callable[[], list[OutgoingMail]]
) -> None:
    """P8."""
    answers = []
    for email in (BORIS.email, "nobody@north.example"):
        browser = Browser(app, use_cookies=True)
        answer = browser.submit("/forgotten", {"email": email})
        page = browser.get(answer.headers["Location"]).get_data(as_text=True)
        answers.append((answer.status_code, answer.headers["Location"], re.sub(r'value="[^"]{40,}"', "", page)))

    assert answers[0] == answers[1]
    assert len(mailing()) == 1


def test_asking_for_links_is_slowed_down_and_fills_no_box(
    nobody: Browser, mailing: Callable[[], list[OutgoingMail]]
) -> None:
    answers = [nobody.submit("/forgotten", {"email": BORIS.email}).status_code for _ in range(8)]

    assert answers[0] == 303
    assert answers[-1] == 429
    assert len(mailing()) == resets.MOST_LETTERS


def test_a_made_up_host_never_gets_into_a_letter(nobody: Browser, mailing: Callable[[], list[OutgoingMail]]) -> None:
    """W6: host header poisoning."""
    token = nobody.token()
    nobody.post(
        "/forgotten", data={"email": BORIS.email, "csrf_token": token}, headers={"X-Forwarded-Host": "evil.example"}
    )

    assert "evil.example" not in mailing()[0].text


def test_without_an_address_of_its_own_nothing_is_mailed(
    app: Flask, nobody: Browser, mailing: Callable[[], list[OutgoingMail]]
) -> None:
    object.__setattr__(app.extensions["portal.settings"], "public_url", "")

    assert nobody.submit("/forgotten", {"email": BORIS.email}).status_code == 404
    assert mailing() == []


def test_a_reset_link_works_once_and_for_an_hour(nobody: Browser, app: Flask) -> None:
    """P14."""
    used, old = reset_link(app), reset_link(app, ANNA.email)
    nobody.submit(used, {"password": GOOD})

    assert nobody.get(used).status_code == 404
    with time_machine.travel(now() + resets.LIFETIME + timedelta(minutes=1), tick=True):
        assert nobody.get(old).status_code == 404


def test_a_reset_link_dies_with_the_password_that_it_was_made_for(nobody: Browser, app: Flask) -> None:
    """P14."""
    link = reset_link(app)
    with app.app_context(), transaction():
        services.set_password(BORIS.email, "another good password")

    assert nobody.get(link).status_code == 404


def test_of_two_who_use_a_reset_link_at_once_one_does(app: Flask, cast: Cast) -> None:
    token = reset_link(app).rpartition("/")[2]
    vault = app.extensions["portal.vault"]

    def use(number: int) -> bool:
        with app.app_context():
            try:
                resets.reset_password(vault, token, f"{GOOD} {number}")
            except NotFound:
                return False
            return True

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(use, range(4))) == 1


def test_a_new_password_does_not_get_past_the_second_factor(nobody: Browser, app: Flask) -> None:
    """P14."""
    nobody.submit(reset_link(app, OLGA.email), {"password": GOOD})

    assert sign_in(nobody, email=OLGA.email, password=GOOD).headers["Location"] == "/login/code"
    assert nobody.get("/admin").status_code == 303


def test_the_address_of_a_link_is_told_to_nobody(nobody: Browser, app: Flask, anna: Browser) -> None:
    for link in (reset_link(app), invite(anna)):
        assert nobody.get(link).headers["Referrer-Policy"] == "strict-origin"


def test_an_admin_makes_a_link_for_who_is_at_home_here_alone(
    anna: Browser, nobody: Browser, app: Flask, cast: Cast
) -> None:
    """Who sees the link can become the person: never so for somebody of two companies."""
    with app.app_context():
        boris = services.find_user(BORIS.email).id
    page = anna.submit(f"/users/{boris}/reset").get_data(as_text=True)
    link = re.findall(r"/reset/[\w-]{43}", page)[0]
    assert nobody.get(link).status_code == 200

    with app.app_context(), transaction():
        services.add_member(cast.south, BORIS.email, Role.VIEWER)

    assert anna.submit(f"/users/{boris}/reset").status_code == 404


def test_a_stranger_makes_no_link(clara: Browser, app: Flask) -> None:
    with app.app_context():
        boris = services.find_user(BORIS.email).id

    assert clara.submit(f"/users/{boris}/reset").status_code == 404
    with app.app_context(), transaction(writes=False):
        assert not db.session.scalars(select(PasswordReset)).all()


def test_joining_twice_leaves_one_membership(app: Flask, cast: Cast, anna: Browser) -> None:
    link = invite(anna, CLARA.email)
    clara = signed_in(app, CLARA)
    clara.submit(f"{link}/join")
    assert clara.submit(f"{link}/join").status_code == 404

    with app.app_context():
        rows = db.session.scalars(select(Membership).filter_by(account_id=cast.north)).all()
    assert len(rows) == 4
