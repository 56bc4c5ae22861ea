"""Who would ring, and why; and what would make calls go astray."""

import re
from datetime import date

import pytest
from flask import Flask

from portal.contacts.services import add_contact, set_duty, set_mobile
from portal.routing.blacklist import block_number
from portal.routing.destinations import Destination
from portal.routing.models import FallbackKind
from portal.routing.opening_hours import add_exception, set_week
from portal.routing.services import set_fallbacks, set_receivers
from portal.telephony.lines import add_did
from portal.telephony.plan import FallbackCause
from tests.browser import Browser
from tests.contacts.desk import inside
from tests.integration.desk import PAGE, Desk
from tests.people import Cast

NUMBER = "74951234567"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def did(app: Flask, cast: Cast) -> int:
    with inside(app, cast.north):
        return add_did(NUMBER).id


def section(browser: Browser, **query: str) -> str:
    """The rehearsal of the page, as text."""
    page = browser.get(PAGE, query_string=query).get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index('id="rehearsal"') : page.index('id="try-it"')]))


def test_a_rehearsal_stands_in_the_url_and_names_who_would_ring(anna: Browser, desk: Desk, did: int) -> None:
    said = section(anna, caller="8 903 999-88-77", line=NUMBER, at="2026-11-23T12:00")

    assert "Olga Manoli" in said
    assert "0:00–0:15" in said
    assert "Igor Batov" in said, "offline: passed over, and said so"


def test_htmx_gets_the_section_alone(anna: Browser, desk: Desk, did: int) -> None:
    answer = anna.fragment(f"{PAGE}?caller=89039998877&line={NUMBER}&at=")

    assert answer.get_data(as_text=True).lstrip().startswith("<section")
    assert "Olga Manoli" in answer.get_data(as_text=True)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "2026-11-23T25:00"])
def test_a_moment_beyond_all_calendars_is_refused(anna: Browser, desk: Desk, did: int, at: str) -> None:
    assert "Это не дата и время." in section(anna, caller="89039998877", line=NUMBER, at=at)


def test_the_night_before_a_holiday_goes_on_by_its_own_hours(
    app: Flask, cast: Cast, anna: Browser, desk: Desk, did: int
) -> None:
    with inside(app, cast.north):
        set_week(did, ["22-6"] * 7)
        add_exception(date(2026, 12, 31), None, "", note="Hogmanay")

    in_the_night, by_day = (
        section(anna, caller="89039998877", line=NUMBER, at=at) for at in ("2026-12-31T02:00", "2026-12-31T12:00")
    )

    assert "Hogmanay" not in in_the_night
    assert "Hogmanay" in by_day


def test_outside_working_hours_nobody_rings_not_even_the_owner(
    app: Flask, cast: Cast, anna: Browser, desk: Desk, did: int
) -> None:
    with inside(app, cast.north):
        set_week(did, ["9-18"] * 5 + ["", ""])
        add_contact("Maria", ["89039998877"], crm_user_id=desk.olga)

    open_, closed = (
        section(anna, caller="89039998877", line=NUMBER, at=at) for at in ("2026-11-23T12:00", "2026-11-23T22:00")
    )

    assert "Olga Manoli" in open_
    assert "Olga Manoli" not in closed


def test_a_blacklisted_number_is_told_with_its_note(
    app: Flask, cast: Cast, anna: Browser, desk: Desk, did: int
) -> None:
    with inside(app, cast.north):
        block_number("89039998877", "sells windows")

    assert "sells windows" in section(anna, caller="89039998877", line=NUMBER, at="")


@pytest.mark.parametrize(
    ("name", "typed"), [("caller", "mother"), ("line", "79990000000"), ("at", "tomorrow"), ("at", "2026-99-99T00:00")]
)
def test_nonsense_is_said_at_its_field_and_kept(anna: Browser, desk: Desk, did: int, name: str, typed: str) -> None:
    query = {"caller": "89039998877", "line": NUMBER, "at": "", name: typed}

    page = anna.get(PAGE, query_string=query).get_data(as_text=True)

    assert f'id="{name}-error"' in page
    assert name == "line" or f'value="{typed}"' in page


def test_a_withheld_number_is_a_stranger(anna: Browser, desk: Desk, did: int) -> None:
    assert "Olga Manoli" in section(anna, caller="", line="", at="")


def test_an_account_without_a_number_still_has_the_page(clara: Browser) -> None:
    assert clara.get(PAGE, query_string={"caller": "89039998877"}).status_code == 200


def test_a_viewer_may_rehearse(boris: Browser, desk: Desk, did: int) -> None:
    assert "Olga Manoli" in section(boris, caller="89039998877", line=NUMBER)


def checks(browser: Browser) -> str:
    page = browser.get(PAGE).get_data(as_text=True)
    return page[page.index('id="checks"') : page.index('id="rehearsal"')]


def test_the_check_names_what_is_astray(app: Flask, cast: Cast, anna: Browser, desk: Desk, did: int) -> None:
    with inside(app, cast.north):
        set_mobile(desk.olga, "89030000001")
        add_contact("Maria", ["89030000001"])

    found = checks(anna)

    assert "Alex Gogolev" in found, "has no phone"
    assert "SIP/00000000673" in found, "belongs to nobody"
    assert "SIP/00000000674" in found, "is offline"
    assert "+7 903 000-00-01" in found, "is held twice"


def test_a_strategy_with_nobody_behind_it_is_told(app: Flask, cast: Cast, anna: Browser, desk: Desk) -> None:
    before = checks(anna).count('class="row"')
    with inside(app, cast.north):
        set_receivers([desk.alex])

    assert checks(anna).count('class="row"') == before + 1


def test_a_number_that_calls_are_passed_to_and_became_our_own_is_told(
    app: Flask, cast: Cast, anna: Browser, desk: Desk
) -> None:
    with inside(app, cast.north):
        set_fallbacks({FallbackCause.ALL_BUSY: Destination(FallbackKind.NUMBER, NUMBER)})
    assert "+7 495 123-45-67" not in checks(anna)
    with inside(app, cast.north):
        add_did(NUMBER)

    assert "+7 495 123-45-67" in checks(anna)


def test_the_overview_counts_what_is_to_be_looked_at(anna: Browser, desk: Desk) -> None:
    assert f"{PAGE}#checks" in anna.get("/").get_data(as_text=True)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_mobile_and_the_duty_are_set_in_the_menu_of_a_crm_user(
    app: Flask, cast: Cast, anna: Browser, desk: Desk, htmx: bool
) -> None:
    url = f"/integration/crm-users/{desk.olga}"
    mobile = {f"mobile-{desk.olga}": "8 903 000-00-01"}
    assert anna.submit(f"{url}/mobile", mobile, htmx=htmx).status_code == (200 if htmx else 303)
    assert anna.submit(f"{url}/duty", {"duty": "off"}, htmx=htmx).status_code == (200 if htmx else 303)
    assert "+7 903 000-00-01" in anna.get(PAGE).get_data(as_text=True)

    wrong = anna.submit(f"/integration/crm-users/{desk.igor}/mobile", {f"mobile-{desk.igor}": "89030000001"}, htmx=htmx)
    assert wrong.status_code == 422
    assert "Olga Manoli" in wrong.get_data(as_text=True)


def test_a_stranger_sets_no_duty(clara: Browser, boris: Browser, desk: Desk) -> None:
    for name in ("mobile", "duty"):
        assert clara.submit(f"/integration/crm-users/{desk.olga}/{name}").status_code == 404
        assert boris.submit(f"/integration/crm-users/{desk.olga}/{name}").status_code == 403


def test_who_is_off_duty_is_not_rung_in_the_rehearsal(
    app: Flask, cast: Cast, anna: Browser, desk: Desk, did: int
) -> None:
    with inside(app, cast.north):
        set_duty(desk.olga, is_on_duty=False)

    assert "0:00–0:15" not in section(anna, caller="89039998877", line=NUMBER)
