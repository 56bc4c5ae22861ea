"""The tabs of the address book beside contacts: CRM users and SIP accounts are found, seen, called and named."""

import pytest
from flask import Flask

from portal.contacts import services
from portal.contacts.queries import crm_users
from portal.telephony.queries import sip_lines
from tests.browser import Browser
from tests.contacts.desk import actions, add_lines, add_users, inside
from tests.people import Cast

USERS, LINES = "/contacts/crm-users", "/contacts/lines"


@pytest.fixture
def olga_id(app: Flask, cast: Cast) -> int:
    """North's Olga has 672, Igor has no phone; 673 is nobody's."""
    line, _free = add_lines(app, cast.north, "672", "673")
    olga, _igor = add_users(app, cast.north, "Olga Manoli", "Igor Batov")
    with inside(app, cast.north):
        services.map_crm_users({olga: line})
        services.set_mobile(olga, "+7 916 000-00-01")
    return olga


def line_id(app: Flask, account_id: int, name: str) -> int:
    with inside(app, account_id):
        return next(line.id for line in sip_lines() if line.name == name)


def test_each_crm_user_stands_with_phone_calls_and_a_way_to_call(anna: Browser, olga_id: int) -> None:
    page = anna.get(USERS).get_data(as_text=True)

    assert "Olga Manoli" in page
    assert "Igor Batov" in page
    assert 'href="/calls?sip=SIP/00000000672"' in page
    assert "/calls/new?to=SIP/00000000672" in page
    assert f'href="{USERS}/{olga_id}"' in page


@pytest.mark.parametrize("part", ["olga", "MANOLI", "916 000", "0672", "sip/00000000672"])
def test_a_crm_user_is_found_by_a_part_of_all_that_is_shown(anna: Browser, olga_id: int, part: str) -> None:
    page = anna.get(USERS, query_string={"q": part}).get_data(as_text=True)

    assert "Olga Manoli" in page
    assert "Igor Batov" not in page


@pytest.mark.parametrize("part", ["0672", "olga"])
def test_a_sip_account_is_found_by_its_name_and_its_holders(anna: Browser, olga_id: int, part: str) -> None:
    page = anna.get(LINES, query_string={"q": part}).get_data(as_text=True)

    assert "SIP/00000000672" in page
    assert "SIP/00000000673" not in page


@pytest.mark.parametrize("url", [USERS, LINES])
def test_what_matches_nothing_says_so(anna: Browser, olga_id: int, url: str) -> None:
    assert "empty--filtered" in anna.get(url, query_string={"q": "щщщ"}).get_data(as_text=True)


@pytest.mark.parametrize("htmx", [False, True])
def test_an_admin_adds_one_and_changes_everything_about_another(
    app: Flask, cast: Cast, anna: Browser, olga_id: int, htmx: bool
) -> None:
    added = anna.submit(f"{USERS}/new", {"name": "Alex", "mobile": "8 916 000-00-02", "is_on_duty": "y"}, htmx=htmx)
    changed = anna.submit(f"{USERS}/{olga_id}", {"name": "Olga M.", "mobile": ""}, htmx=htmx)

    assert added.status_code in {204, 303}
    assert changed.status_code in {204, 303}
    with inside(app, cast.north):
        found = {user.name: (user.mobile, user.is_on_duty) for user in crm_users()}
    assert found == {"Olga M.": (None, False), "Igor Batov": (None, True), "Alex": ("79160000002", True)}
    assert actions(app, cast.north)[-3:] == ["crm_user.rename", "crm_user.mobile", "crm_user.duty"]


@pytest.mark.parametrize(
    ("change", "field"), [({"name": " "}, "name"), ({"name": "igor BATOV"}, "name"), ({"mobile": "call me"}, "mobile")]
)
@pytest.mark.parametrize("new", [False, True])
def test_what_is_wrong_is_said_at_its_field_and_changes_nothing(
    app: Flask, cast: Cast, anna: Browser, olga_id: int, change: dict[str, str], field: str, new: bool
) -> None:
    typed = {"name": "Somebody", "mobile": "", "is_on_duty": "y"} | change

    answer = anna.submit(f"{USERS}/new" if new else f"{USERS}/{olga_id}", typed)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    with inside(app, cast.north):
        assert {user.name for user in crm_users()} == {"Olga Manoli", "Igor Batov"}


def test_a_sip_account_gets_a_name_that_the_list_shows(app: Flask, cast: Cast, anna: Browser, olga_id: int) -> None:
    free = line_id(app, cast.north, "SIP/00000000673")

    assert anna.submit(f"{LINES}/{free}", {"label": " Meeting  room "}).status_code == 303
    assert anna.submit(f"{LINES}/{free}", {"label": "x" * 201}).status_code == 422

    assert "Meeting room" in anna.get(LINES, query_string={"q": "meeting"}).get_data(as_text=True)
    assert actions(app, cast.north)[-1] == "sip_line.edit"


def test_a_viewer_reads_and_a_stranger_finds_nothing(
    app: Flask, cast: Cast, boris: Browser, clara: Browser, olga_id: int
) -> None:
    free = line_id(app, cast.north, "SIP/00000000673")
    assert "Olga Manoli" in boris.get(f"{USERS}/{olga_id}").get_data(as_text=True)
    assert boris.get(f"{LINES}/{free}").status_code == 200
    for url in (f"{USERS}/{olga_id}", f"{USERS}/new", f"{LINES}/{free}"):
        assert boris.submit(url, {"name": "X"}).status_code == 403
    for url in (f"{USERS}/{olga_id}", f"{LINES}/{free}"):
        assert clara.get(url).status_code == 404
        assert clara.submit(url, {"name": "X"}).status_code == 404
    assert "Olga" not in clara.get(USERS).get_data(as_text=True)
