"""An admin connects amoCRM or Bitrix24, sees how it goes, and disconnects; no secret is shown again."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from portal.connectors.models import Way
from portal.connectors.state import note_trouble
from portal.kernel.http import ServiceTrouble, Trouble
from tests.browser import Browser
from tests.connectors.amocrm import CLIENT, CODE, REDIRECT, SECRET, TOKEN, AmoCrmServer
from tests.connectors.bitrix24 import WEBHOOK, Bitrix24Server
from tests.connectors.office import connect_amo, connect_webhook, link_of
from tests.connectors.server import Said
from tests.contacts.desk import actions, inside
from tests.integration.desk import Desk
from tests.people import Cast
from tests.routing.office import STRANGER

PAGE = "/connectors"
AMO, B24 = "/connectors/amocrm", "/connectors/bitrix24"
SECRETS = {AMO: "amo-token", B24: "b24-webhook"}


def text(browser: Browser, url: str = PAGE) -> str:
    return browser.get(url).get_data(as_text=True)


@pytest.mark.parametrize("htmx", [False, True])
def test_amocrm_is_connected_by_a_long_lived_token(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, htmx: bool
) -> None:
    answer = anna.submit(AMO, {"amo-address": amo.url, "amo-token": TOKEN}, htmx=htmx)

    assert answer.status_code == (204 if htmx else 303)
    page = text(anna)
    assert "North LLC" in page
    assert TOKEN not in page
    assert actions(app, cast.north)[-1] == "crm.connect"


def test_amocrm_is_connected_by_the_code_of_an_integration(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer
) -> None:
    keys = {"amo-client_id": CLIENT, "amo-client_secret": SECRET, "amo-redirect": REDIRECT}

    assert anna.submit(AMO, {"amo-address": amo.url, **keys}).status_code == 422, "a code is missing"
    assert anna.submit(AMO, {"amo-address": amo.url, **keys, "amo-code": "old"}).status_code == 422
    assert anna.submit(AMO, {"amo-address": amo.url, **keys, "amo-code": CODE}).status_code == 303

    link = link_of(app, cast.north)
    assert link is not None
    assert (link.way, link.known_as) == (Way.APPLICATION, "North LLC")
    assert SECRET not in text(anna)


def test_bitrix24_is_connected_by_an_inbound_webhook(
    app: Flask, cast: Cast, anna: Browser, bitrix: Bitrix24Server
) -> None:
    assert anna.submit(B24, {"b24-webhook": f"{bitrix.url}{WEBHOOK}/profile.json"}).status_code == 303

    page = text(anna)
    assert "Ivan North" in page
    assert "webhooksecret1" not in page


def test_an_application_of_bitrix24_is_let_in_by_the_browser(
    app: Flask, cast: Cast, anna: Browser, bitrix: Bitrix24Server
) -> None:
    typed = {"b24-address": bitrix.url, "b24-client_id": "local.1", "b24-client_secret": "key-1"}
    anna.submit(B24, typed)
    assert "/connectors/authorise" in text(anna)

    leaves_for = anna.get("/connectors/authorise").headers["Location"]
    assert leaves_for.startswith(f"{bitrix.url}/oauth/authorize/?client_id=local.1&")
    state = re.search(r"state=([\w-]+)", leaves_for)
    assert state
    anna.get(f"/connectors/authorised?code=code-1&state={state[1]}")

    link = link_of(app, cast.north)
    assert link is not None
    assert link.known_as == "Ivan North"


def test_a_code_that_somebody_else_sends_is_not_taken(
    app: Flask, cast: Cast, anna: Browser, bitrix: Bitrix24Server
) -> None:
    anna.submit(B24, {"b24-address": bitrix.url, "b24-client_id": "local.1", "b24-client_secret": "key-1"})
    anna.get("/connectors/authorise")

    anna.get("/connectors/authorised?code=code-1&state=guessed")

    assert bitrix.renewals == 0
    assert "/connectors/authorise" in text(anna)


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("url", "typed", "field"),
    [
        (AMO, {"amo-address": "", "amo-token": "x"}, "amo-address"),
        (AMO, {"amo-address": "company", "amo-token": ""}, "amo-token"),
        (AMO, {"amo-address": "http://north.amocrm.ru", "amo-token": "x"}, "amo-address"),
        (AMO, {"amo-address": "http://10.0.0.1", "amo-token": "x"}, "amo-address"),
        (AMO, {"amo-address": "company", "amo-token": "ключ"}, "amo-token"),
        (B24, {"b24-webhook": "https://company.bitrix24.ru/company/"}, "b24-webhook"),
        (B24, {"b24-client_id": "local.1"}, "b24-address"),
    ],
)
def test_what_cannot_work_is_said_at_its_field(
    app: Flask, cast: Cast, anna: Browser, url: str, typed: dict[str, str], field: str, htmx: bool
) -> None:
    answer = anna.submit(url, typed, htmx=htmx)

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert f'href="#{field}"' in page
    assert link_of(app, cast.north) is None
    # The browser keeps the secret that was typed, unless that is what is wrong; it is not sent back.
    secret = re.search(f'<input[^>]*id="{SECRETS[url]}"[^>]*>', page)
    assert secret
    assert 'value=""' in secret.group()
    is_wrong = field == SECRETS[url]
    assert ("hx-preserve" in secret.group()) is not is_wrong
    assert ("aria-invalid" in secret.group()) is is_wrong


@pytest.mark.parametrize(
    "said", [Said(401, {"title": "Unauthorized"}), Said(500), Said(200, b"{broken"), Said(429), Said(402)]
)
def test_a_crm_that_does_not_let_us_in_is_not_kept(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, said: Said
) -> None:
    amo.faults.append(said)

    assert anna.submit(AMO, {"amo-address": amo.url, "amo-token": TOKEN}).status_code == 422
    assert link_of(app, cast.north) is None


def test_the_page_says_what_is_wrong_and_a_check_finds_that_it_is_over(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer
) -> None:
    connect_amo(app, cast.north, amo)
    with inside(app, cast.north):
        note_trouble(ServiceTrouble(Trouble.KEY_REFUSED, "HTTP 401"))
    assert "HTTP 401" in text(anna)
    assert "amoCRM: " in text(anna, "/integration")

    found = anna.submit("/connectors/check", htmx=True).get_data(as_text=True)

    assert "North LLC" in found
    assert "HTTP 401" not in found
    amo.tokens.clear()
    assert "HTTP 401" in anna.submit("/connectors/check").get_data(as_text=True)


def test_another_crm_knows_none_of_the_earlier_ones_users(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, bitrix: Bitrix24Server, desk: Desk
) -> None:
    connect_amo(app, cast.north, amo)
    amo.employ("Olga Manoli")
    bringing = anna.submit("/connectors/users").headers["Location"]
    anna.submit(bringing, {"person": ["11"]})

    connect_webhook(app, cast.north, bitrix)

    bitrix.employ("Olga Manoli")
    page = anna.get(anna.submit("/connectors/users").headers["Location"]).get_data(as_text=True)
    assert "Olga Manoli" in page


def test_disconnecting_forgets_the_keys_and_leaves_the_users(
    app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer, desk: Desk
) -> None:
    connect_amo(app, cast.north, amo)

    assert anna.submit("/connectors/disconnect").status_code == 303

    assert link_of(app, cast.north) is None
    assert "Olga Manoli" in text(anna, "/integration")
    assert actions(app, cast.north)[-1] == "crm.disconnect"
    assert anna.submit("/connectors/disconnect").status_code == 404


def test_what_the_crm_is_told_is_switched(app: Flask, cast: Cast, anna: Browser, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)

    anna.submit("/connectors/switches", {"creates_contacts": "y"})

    link = link_of(app, cast.north)
    assert link is not None
    assert (link.writes_calls, link.shows_cards, link.creates_contacts) == (False, False, True)


def test_a_viewer_sees_how_it_goes_and_changes_nothing(
    app: Flask,
    cast: Cast,
    boris: Browser,
    amo: AmoCrmServer,
    forms: Callable[[AmoCrmServer], tuple[str, dict[str, str]]],
) -> None:
    connect_amo(app, cast.north, amo)

    assert "North LLC" in text(boris)
    for url in (AMO, "/connectors/users", "/connectors/check", "/connectors/switches", "/connectors/disconnect"):
        assert boris.submit(url).status_code == 403


def test_a_stranger_has_no_part_in_it(app: Flask, cast: Cast, clara: Browser, amo: AmoCrmServer) -> None:
    connect_amo(app, cast.north, amo)

    assert "North LLC" not in text(clara)
    clara.submit("/connectors/disconnect")
    assert link_of(app, cast.north) is not None
    assert STRANGER not in text(clara)
