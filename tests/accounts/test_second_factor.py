"""The second factor: codes of an app and on paper, each once; what a stolen session must not open is asked for anew."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.accounts import services
from portal.accounts.door import FRESH_FOR
from portal.accounts.factors import totp
from portal.accounts.factors.models import BackupCode, UserTotp
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.web.access import Permission
from portal.web.feature import Feature
from tests.accounts.entrance import sign_in
from tests.browser import Browser, signed_in
from tests.people import ANNA, OLGA, PASSWORD, SECRET, Cast, Person

CODE = re.compile(r"\b(?:[2-9a-z]{4}-){3}[2-9a-z]{4}\b")


def set_up(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """An app of this person's, and the backup codes."""
    browser.submit("/profile/second-factor/app")
    page = browser.get("/profile/second-factor/app").get_data(as_text=True)
    app = pyotp.TOTP(re.findall(r'id="secret">([A-Z2-7 ]+)<', page)[0].replace(" ", ""))
    page = browser.submit("/profile/second-factor/app/confirm", {"code": app.now()}).get_data(as_text=True)
    return app, CODE.findall(page)


def later(minutes: float = 1) -> time_machine.travel:
    """Codes count once: the next one comes half a minute later."""
    return time_machine.travel(now() + timedelta(minutes=minutes), tick=True)


def test_with_an_app_a_password_alone_opens_nothing(anna: Browser, nobody: Browser) -> None:
    """P10, B4: no page but that of the second factor before it is passed."""
    set_up(anna)

    assert sign_in(nobody).headers["Location"] == "/login/code"
    assert nobody.get("/calls").status_code == 303
    assert nobody.get("/profile/second-factor").status_code == 303


def test_the_code_of_the_app_opens(anna: Browser, nobody: Browser) -> None:
    app, _codes = set_up(anna)
    with later():
        sign_in(nobody, target="/integration")

        answer = nobody.submit("/login/code", {"code": f" {app.now()[:3]} {app.now()[3:]} "})

        assert answer.headers["Location"] == "/integration"
        assert nobody.get("/calls").status_code == 200


def test_a_code_works_once(app: Flask, anna: Browser) -> None:
    """P11."""
    totp_app, _codes = set_up(anna)
    with later():
        code = totp_app.now()
        first, second = Browser(app, use_cookies=True), Browser(app, use_cookies=True)
        sign_in(first)
        sign_in(second)

        assert first.submit("/login/code", {"code": code}).status_code == 303
        assert second.submit("/login/code", {"code": code}).status_code == 422


def test_of_many_who_send_the_same_code_at_once_one_is_let_in(app: Flask, cast: Cast) -> None:
    """P11."""
    vault = app.extensions["portal.vault"]
    with app.app_context():
        olga = services.find_user(OLGA.email).id
    code = pyotp.TOTP(SECRET).now()

    def take(_number: int) -> bool:
        with app.app_context(), transaction():
            return totp.take_code(vault, olga, code)

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(take, range(8))) == 1


@pytest.mark.parametrize(("seconds", "status"), [(-95, 422), (-30, 303), (30, 303), (95, 422)])
def test_half_a_minute_of_drift_is_forgiven_and_no_more(
    anna: Browser, nobody: Browser, seconds: int, status: int
) -> None:
    """P12: one step each way, for clocks of phones and for typing."""
    app, _codes = set_up(anna)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        sign_in(nobody)
        code = app.at(now() + timedelta(seconds=seconds))

        assert nobody.submit("/login/code", {"code": code}).status_code == status


def test_backup_codes_open_once_each(app: Flask, anna: Browser) -> None:
    """P11, P13."""
    _app, codes = set_up(anna)
    assert len(set(codes)) == 10
    first, second = Browser(app, use_cookies=True), Browser(app, use_cookies=True)
    sign_in(first)
    sign_in(second)

    assert first.submit("/login/code", {"code": codes[3].upper().replace("-", " ")}).status_code == 303
    assert second.submit("/login/code", {"code": codes[3]}).status_code == 422
    assert "9" in first.get("/profile/second-factor").get_data(as_text=True).split('id="app"')[1].split("</span>")[1]


def test_new_backup_codes_void_the_old_ones(anna: Browser, nobody: Browser) -> None:
    """P13."""
    _app, old = set_up(anna)
    new = CODE.findall(anna.submit("/profile/second-factor/codes").get_data(as_text=True))
    sign_in(nobody)

    assert nobody.submit("/login/code", {"code": old[0]}).status_code == 422
    assert nobody.submit("/login/code", {"code": new[0]}).status_code == 303


def test_the_database_holds_neither_the_secret_nor_a_code(anna: Browser, app: Flask) -> None:
    """K2, P13."""
    own, codes = set_up(anna)

    with app.app_context(), transaction(writes=False):
        kept = repr([vars(row) for table in (UserTotp, BackupCode) for row in db.session.scalars(select(table))])

    assert own.secret not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert kept.count("$argon2id$") == 10


def test_guessing_codes_is_slowed_down(anna: Browser, app: Flask) -> None:
    """P7: also by who begins anew with the password each time."""
    set_up(anna)
    statuses = []
    # While the clock stands: on a busy machine eight tries take so long that one more is granted.
    with time_machine.travel(now(), tick=False):
        for number in range(8):
            browser = Browser(app, use_cookies=True)
            sign_in(browser)
            statuses.append(browser.submit("/login/code", {"code": f"00000{number}"}).status_code)

    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_the_page_of_the_code_does_not_stay_open(anna: Browser, nobody: Browser) -> None:
    app, _codes = set_up(anna)
    sign_in(nobody)
    with later(11):
        assert nobody.submit("/login/code", {"code": app.now()}).headers["Location"].startswith("/login")
        assert nobody.get("/calls").status_code == 303


def test_the_token_is_another_after_the_second_factor(anna: Browser, nobody: Browser, app: Flask) -> None:
    """S2."""
    own, _codes = set_up(anna)
    with later():
        sign_in(nobody)
        with nobody.session_transaction(base_url="https://localhost") as cookie:
            pending = cookie["pending"][0]
        nobody.submit("/login/code", {"code": own.now()})
        with nobody.session_transaction(base_url="https://localhost") as cookie:
            token = cookie["_user_id"]
            assert "pending" not in cookie

    thief = Browser(app, use_cookies=True)
    with thief.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = pending
    assert token != pending
    assert thief.get("/calls").status_code == 303


def test_setting_up_ends_the_other_sessions(app: Flask, anna: Browser) -> None:
    """S5."""
    other = signed_in(app, ANNA)

    set_up(anna)

    assert other.get("/calls").status_code == 303
    assert anna.get("/calls").status_code == 200


def test_a_wrong_code_sets_up_nothing(anna: Browser, nobody: Browser) -> None:
    anna.submit("/profile/second-factor/app")

    assert anna.submit("/profile/second-factor/app/confirm", {"code": "000000"}).status_code == 422
    assert sign_in(nobody).headers["Location"] == "/"


def test_the_app_is_removed(anna: Browser, nobody: Browser) -> None:
    set_up(anna)

    anna.submit("/profile/second-factor/app/remove")

    assert sign_in(nobody).headers["Location"] == "/"


def test_the_operator_cannot_do_without(olga: Browser, app: Flask) -> None:
    """P10, P16: the last factor of somebody who must have one."""
    assert olga.submit("/profile/second-factor/app/remove").status_code == 409

    with app.app_context(), transaction():
        totp.forget_app(services.find_user(OLGA.email).id)
    assert olga.get("/admin").headers["Location"] == "/profile/second-factor"
    assert olga.get("/profile/second-factor").status_code == 200
    set_up(olga)
    assert olga.get("/admin").status_code == 200


def test_in_the_demo_the_operator_needs_none(olga: Browser, app: Flask) -> None:
    with app.app_context(), transaction():
        totp.forget_app(services.find_user(OLGA.email).id)
    object.__setattr__(app.extensions["portal.settings"], "is_demo", True)
    try:
        assert olga.get("/admin").status_code == 200
    finally:
        object.__setattr__(app.extensions["portal.settings"], "is_demo", False)


def fresh_addresses(app: Flask) -> list[tuple[str, str, bool]]:
    """Every address that is asked for anew, with its method, and whether it is the operator's."""
    marked = {
        f"{name}.{view}": room.needs[view]
        for name, room in app.blueprints.items()
        if isinstance(room, Feature)
        for view in room.needs_fresh
    }
    return [
        (rule.rule, "GET" if "GET" in (rule.methods or ()) else "POST", marked[rule.endpoint] is Permission.OPERATE)
        for rule in app.url_map.iter_rules()
        if rule.endpoint in marked
    ]


def test_what_a_stolen_session_must_not_open_is_asked_for_anew(anna: Browser, olga: Browser, app: Flask) -> None:
    """S9, K5: keys, secrets, second factors, roles, money."""
    addresses = fresh_addresses(app)
    words = " ".join(rule for rule, _method, _is_operators in addresses)
    assert all(
        part in words for part in ("key/reveal", "key/rotate", "key/copy", "secret/reveal", "/role", "app/remove")
    )
    assert all(part in words for part in ("/top-up/bill", "/top-up/card", "/again", "/sandbox")), "money"
    with later(FRESH_FOR.total_seconds() / 60 + 1):
        for rule, method, is_operators in addresses:
            url, person = re.sub(r"<[^>]+>", "1", rule), olga if is_operators else anna
            answer = person.get(url) if method == "GET" else person.submit(url)

            assert answer.status_code == 303, url
            assert answer.headers["Location"].startswith("/confirm"), url


@pytest.mark.parametrize("proof", ["password", "code"])
def test_it_is_shown_anew_who_it_is_and_the_way_goes_back(anna: Browser, proof: str) -> None:
    own, _codes = set_up(anna)
    with later(FRESH_FOR.total_seconds() / 60 + 1):
        with anna.session_transaction(base_url="https://localhost") as cookie:
            before = cookie["_user_id"]
        form = {"next": "/integration", proof: PASSWORD if proof == "password" else own.now()}

        assert anna.submit("/confirm", form).headers["Location"] == "/integration"

        assert anna.submit("/integration/key/reveal").status_code == 200
        with anna.session_transaction(base_url="https://localhost") as cookie:
            assert cookie["_user_id"] != before, "S2: a new token"


@pytest.mark.parametrize("form", [{}, {"password": "wrong guess"}, {"code": "000000"}, {"credential": "{}"}])
def test_nothing_else_shows_who_it_is(anna: Browser, form: dict[str, str]) -> None:
    with later(FRESH_FOR.total_seconds() / 60 + 1):
        assert anna.submit("/confirm", form).status_code == 422
        assert anna.submit("/integration/key/reveal").status_code == 303


def test_after_showing_it_nobody_is_led_to_another_site(anna: Browser) -> None:
    """W9."""
    assert anna.submit("/confirm", {"password": PASSWORD, "next": "//evil.example"}).headers["Location"] == "/"


def test_somebody_elses_passkey_is_not_there(browse: Callable[[Person], Browser]) -> None:
    assert browse(ANNA).submit("/profile/passkeys/999/remove").status_code == 404
