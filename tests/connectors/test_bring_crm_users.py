"""The CRM's users come in after a look at what would change, and can be taken back."""

import pytest
from flask import Flask

from portal.contacts import services
from portal.contacts.queries import crm_users, owner_of
from tests.browser import Browser
from tests.connectors.amocrm import AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.office import connect_amo, connect_webhook, link_of
from tests.connectors.server import Said
from tests.contacts.desk import actions, inside, mapping
from tests.integration.desk import Desk
from tests.people import Cast


def known(app: Flask, account_id: int) -> dict[str, str | None]:
    with inside(app, account_id):
        return {user.name: user.crm_id for user in crm_users()}


def look(browser: Browser) -> str:
    """The address of the preview."""
    return browser.submit("/connectors/users").headers["Location"]


def test_users_are_shown_first_and_then_brought(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk
) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("olga  manoli", "Pavel New")
    before = mapping(app, cast.north)

    preview = look(anna)
    page = anna.get(preview).get_data(as_text=True)
    assert "Pavel New" in page
    assert known(app, cast.north)["Olga Manoli"] is None, "a look changes nothing"

    anna.submit(preview, {"person": ["11", "12"]})
    assert known(app, cast.north) == {"Olga Manoli": "11", "Igor Batov": None, "Alex Gogolev": None, "Pavel New": "12"}
    assert {name: mapping(app, cast.north)[name] for name in before} == before
    assert "crm_user.bring" in actions(app, cast.north)


def test_only_those_who_were_ticked_come(app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Pavel New", "Rita New")

    anna.submit(look(anna), {"person": ["12"]})

    assert {"Rita New"} == known(app, cast.north).keys() - {"Olga Manoli", "Igor Batov", "Alex Gogolev"}


def test_what_was_brought_is_taken_back(app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Olga Manoli", "Pavel New")
    before, preview = known(app, cast.north), look(anna)
    anna.submit(preview, {"person": ["11", "12"]})

    assert anna.submit(f"{preview}/undo").status_code == 303

    assert known(app, cast.north) == before
    assert anna.submit(f"{preview}/undo").status_code == 409
    assert anna.submit(preview, {"person": ["11"]}).status_code == 409


def test_a_new_name_and_somebody_who_left_are_found(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk
) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Olga Manoli", "Igor Batov")
    anna.submit(look(anna), {"person": ["11", "12"]})
    amo.users[0]["name"] = "Olga Petrova"
    del amo.users[1]

    preview = look(anna)
    anna.submit(preview, {"person": ["11", "12"]})
    assert set(known(app, cast.north)) == {"Olga Petrova", "Alex Gogolev"}

    anna.submit(f"{preview}/undo")
    assert set(known(app, cast.north)) == {"Olga Manoli", "Igor Batov", "Alex Gogolev"}


def test_somebody_who_comes_back_has_contacts_and_phone_again(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk
) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Olga Manoli")
    anna.submit(look(anna), {"person": ["11"]})
    with inside(app, cast.north):
        olga = next(user for user in crm_users() if user.crm_id == "11")
        services.map_crm_users({olga.id: desk.line_673})
        services.add_contact("Maria", ["8 916 111-22-33"], crm_user_id=olga.id)
    gone = amo.users.pop()
    anna.submit(look(anna), {"person": ["11"]})
    assert "Olga Manoli" not in known(app, cast.north)
    amo.users.append({**gone, "name": "Olga Petrova"})

    preview = look(anna)
    assert "возвращается" in anna.get(preview).get_data(as_text=True)
    anna.submit(preview, {"person": ["11"]})

    with inside(app, cast.north):
        owner = owner_of("79161112233")
        assert owner is not None
        assert (owner.name, owner.crm_id, owner.sip_line_id) == ("Olga Petrova", "11", desk.line_673)
    anna.submit(f"{preview}/undo")
    assert "Olga Petrova" not in known(app, cast.north)


def test_two_who_take_one_name_are_told_apart(app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("A One", "B Two")
    anna.submit(look(anna), {"person": ["11", "12"]})
    for user in amo.users:
        user["name"] = "Ivan Petrov"

    anna.submit(look(anna), {"person": ["11", "12"]})

    assert known(app, cast.north) == {"Ivan Petrov": "11", "Ivan Petrov (12)": "12"}


def test_two_people_of_one_name_are_told_apart(app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Ivan Petrov", "Ivan Petrov")

    anna.submit(look(anna), {"person": ["11", "12"]})
    assert known(app, cast.north) == {"Ivan Petrov": "11", "Ivan Petrov (12)": "12"}

    page = anna.get(look(anna)).get_data(as_text=True)
    assert "Ivan Petrov (12)" not in page, "nothing is different the next time"


def test_a_user_who_was_given_a_phone_since_is_not_taken_back(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk
) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Pavel New")
    preview = look(anna)
    anna.submit(preview, {"person": ["11"]})
    with inside(app, cast.north):
        pavel = next(user for user in crm_users() if user.name == "Pavel New")
        services.map_crm_users({pavel.id: desk.line_673})

    anna.submit(f"{preview}/undo")

    assert known(app, cast.north)["Pavel New"] == "11"


def test_lists_are_read_page_by_page(app: Flask, cast: Cast, anna: Browser, bitrix: Bitrix24Server) -> None:
    connect_webhook(app, cast.north, bitrix)
    bitrix.employ(*(f"Person Number{number}" for number in range(1, 121)))

    preview = look(anna)
    anna.submit(preview, {"person": [str(number) for number in range(1, 121)]})

    assert len(known(app, cast.north)) == 120
    assert len([path for path in bitrix.paths() if path.endswith("user.get.json")]) == 3
    with inside(app, cast.north):
        assert next(user.mobile for user in crm_users() if user.name == "Person Number7") == "79030000007"


def test_amocrms_pages_are_followed_to_their_end(app: Flask, cast: Cast, anna: Browser) -> None:
    with AmoCrmServer(page=2) as amo:
        connect_amo(app, cast.north, amo)
        amo.employ("A One", "B Two", "C Three", "D Four")

        anna.submit(look(anna), {"person": ["11", "12", "13", "14"]})

    assert len(known(app, cast.north)) == 4


def test_amocrms_list_without_an_end_is_no_list(app: Flask, cast: Cast, anna: Browser, desk: Desk) -> None:
    """Who stands behind where we left off has not gone."""
    with AmoCrmServer(page=2, limit=1000) as amo:
        connect_amo(app, cast.north, amo)
        amo.employ(*(f"Person Number{number}" for number in range(1, 100)))

        assert look(anna).endswith("/connectors")

    link = link_of(app, cast.north)
    assert link is not None
    assert (link.trouble, link.detail) == ("nonsense", "its pages have no end")


def test_bitrix24s_list_that_goes_around_is_no_list(
    app: Flask, cast: Cast, anna: Browser, bitrix: Bitrix24Server
) -> None:
    connect_webhook(app, cast.north, bitrix)
    page = [{"ID": "1", "NAME": "Ivan", "ACTIVE": True}]
    bitrix.faults += [Said(body={"result": page, "next": following}) for following in (50, 50)]

    assert look(anna).endswith("/connectors")

    link = link_of(app, cast.north)
    assert link is not None
    assert (link.trouble, link.detail) == ("nonsense", "its pages have no end")
    assert len(bitrix.asked) == 2


def test_an_empty_answer_is_an_empty_list(app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)

    assert anna.get(look(anna)).status_code == 200


@pytest.mark.parametrize("said", [Said(200, b'{"_embedded": [1, {"users": 7}]}'), Said(200, b"[]"), Said(200, b"null")])
def test_an_answer_of_another_shape_names_nobody(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, said: Said
) -> None:
    connect_amo(app, cast.north, amo)
    amo.faults.append(said)

    assert anna.get(look(anna)).status_code == 200
    assert known(app, cast.north) == {}


def test_users_are_told_to_admins_only_and_the_page_says_so(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer
) -> None:
    connect_amo(app, cast.north, amo)
    amo.is_admin = False

    assert look(anna).endswith("/connectors")
    link = link_of(app, cast.north)
    assert link is not None
    assert link.trouble == "forbidden"


def test_a_preview_is_not_the_strangers(
    app: Flask, cast: Cast, anna: Browser, clara: Browser, amo: AmoCrmServer
) -> None:
    connect_amo(app, cast.north, amo)
    preview = look(anna)

    assert clara.get(preview).status_code == 404
    assert clara.submit(preview).status_code == 404
    assert clara.submit(f"{preview}/undo").status_code == 404
