"""`portal engine check`: every trouble is one line that says what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.kernel.config import Settings
from portal.telephony.asterisk_check import Finding, check_asterisk
from tests.people import Cast
from tests.support.receiver import Receiver
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.fake_server import PASSWORD
from tests.telephony.asterisk.office import OFFLINE, endpoint, fake_asterisk
from tests.telephony.exchange import IGOR, OLGA, wire


@pytest.fixture
def fake() -> Iterator[FakeAsterisk]:
    with fake_asterisk() as fake:
        yield fake


def check(app: Flask, url: str, *, is_engine_running: bool = False, **settings: str) -> list[Finding]:
    before: Settings = app.extensions["portal.settings"]
    there = dataclasses.replace(before.asterisk, **{"url": url, "password": PASSWORD} | settings)
    asterisk = dataclasses.replace(before, engine="asterisk", asterisk=there)
    with app.app_context():
        return check_asterisk(asterisk, is_engine_running=is_engine_running)


def faults(findings: list[Finding]) -> list[str]:
    return [each.text for each in findings if each.is_fault]


def test_a_whole_installation_has_no_fault(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)

    assert not faults(check(app, fake.server.url))


def test_a_busy_asterisk_that_needs_a_while_for_the_probe_has_no_fault(
    app: Flask, cast: Cast, fake: FakeAsterisk
) -> None:
    wire(app, cast.north)
    fake.not_ours_yet = 3

    assert not faults(check(app, fake.server.url))
    assert fake.not_ours_yet == 0


def test_missing_settings_are_named(app: Flask) -> None:
    assert [each.partition(" ")[0] for each in faults(check(app, "", password=""))] == [
        "PORTAL_ASTERISK_URL",
        "PORTAL_ASTERISK_PASSWORD",
    ]


def test_an_asterisk_that_cannot_be_reached(app: Flask) -> None:
    (fault,) = faults(check(app, "http://127.0.0.1:1"))

    assert "does not answer at http://127.0.0.1:1" in fault


def test_a_wrong_password_is_not_told(app: Flask, fake: FakeAsterisk) -> None:
    (fault,) = faults(check(app, fake.server.url, password="another-password"))

    assert 'refuses the user "portal"' in fault
    assert "another-password" not in fault


def test_something_else_that_listens_there(app: Flask, receiver: Receiver) -> None:
    (fault,) = faults(check(app, receiver.url.rstrip("/")))

    assert "is not Asterisk's ARI" in fault or "does not answer" in fault


def test_an_asterisk_that_is_too_old(app: Flask, fake: FakeAsterisk) -> None:
    fake.version = "13.38.3"

    assert "too old" in faults(check(app, fake.server.url))[0]


@pytest.mark.parametrize(("version", "is_proven"), [("18.26.4", False), ("22.10.1", True), ("23.1.0", False)])
def test_an_asterisk_that_was_never_run_under_the_portal_is_told_so(
    app: Flask, cast: Cast, fake: FakeAsterisk, version: str, is_proven: bool
) -> None:
    wire(app, cast.north)
    fake.version = version

    found = check(app, fake.server.url)

    assert not faults(found)
    assert any("was never run under the portal, 22 was" in each.text for each in found) is not is_proven


def test_each_missing_announcement_is_named_with_what_to_do(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    fake.sounds = {"portal/closed", "ru/portal/all_busy", "en/vm-goodbye", "en/engine_error"}

    (found,) = [each for each in check(app, fake.server.url) if "portal engine sounds" in each.text]

    names = ("portal/blacklisted", "portal/nobody_registered", "portal/nobody_answered", "portal/engine_error")
    assert found.text.startswith(f"No sound {', '.join(names)}: ")
    assert not found.is_fault, "a tone is heard in their place"


def test_missing_modules_are_named(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    fake.missing_modules = {"res_stasis_recording"}

    (fault,) = faults(check(app, fake.server.url))
    assert "res_stasis_recording" in fault


def test_a_user_who_may_only_read(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    fake.is_read_only = True

    assert any("may only read" in each for each in faults(check(app, fake.server.url)))


def test_a_dialplan_that_hands_no_calls_over(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    fake.has_dialplan = False

    (fault,) = faults(check(app, fake.server.url))
    assert "Stasis(portal,incoming,${EXTEN})" in fault


def test_an_unknown_trunk(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)

    (fault,) = faults(check(app, fake.server.url, trunk="PJSIP/{number}@another"))
    assert 'The trunk "another"' in fault


def test_phones_on_one_side_only(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    del fake.phones[endpoint(OLGA)]
    fake.phones |= {endpoint(IGOR): OFFLINE, "00000000999": OFFLINE}

    found = check(app, fake.server.url)

    assert [each for each in faults(found) if f"{OLGA} has no endpoint" in each]
    assert [each.text for each in found if not each.is_fault and IGOR in each.text]
    assert [each.text for each in found if not each.is_fault and "00000000999 is nobody's" in each.text]


def test_an_endpoint_that_two_accounts_claim(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    wire(app, cast.south, did="78612223344")

    assert len([each for each in faults(check(app, fake.server.url)) if "claimed by two accounts" in each]) == 2


def test_nothing_given_to_any_account(app: Flask, fake: FakeAsterisk) -> None:
    found = faults(check(app, fake.server.url))

    assert any("No public number" in each for each in found)
    assert any("No SIP account" in each for each in found)


def test_beside_a_running_engine_nothing_is_probed(app: Flask, cast: Cast, fake: FakeAsterisk) -> None:
    wire(app, cast.north)
    fake.has_dialplan = False

    assert faults(check(app, fake.server.url, is_engine_running=True)) == [
        'The engine runs, but Asterisk does not know its application "portal": see its log.'
    ]
