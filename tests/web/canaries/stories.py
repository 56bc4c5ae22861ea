"""How each place takes its secret: once as it should be, and once so that it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from portal.accounts.people import resets
from portal.accounts.services import find_user
from portal.kernel.db import transaction
from portal.webhooks.models import EventType, WebhookSubscription
from portal.webhooks.services import add_webhook
from portal.webhooks.urls import SendableUrl
from tests.accounts.entrance import sign_in
from tests.accounts.test_second_factor import set_up
from tests.browser import Browser, signed_in
from tests.connectors.amocrm import CLIENT, REDIRECT, AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.kernel.by_half.world import World
from tests.people import ANNA, BORIS, OLGA, PASSWORD, Cast

CANARY = "Canary7fly2Canary7fly2Canary7fly2Canary7fly"
"""As long as a token of ours, and good as a password, a key and a word in a header."""
_DEAD = "http://127.0.0.1:9999"


@dataclass(frozen=True, slots=True)
class Stage:
    """Who acts, and the two CRMs."""

    app: Flask
    cast: Cast
    nobody: Browser
    anna: Browser
    olga: Browser
    amo: AmoCrmServer
    bitrix: Bitrix24Server

    @property
    def world(self) -> World:
        """For what no page does in one step."""
        return World(self.app, self.cast)


Story = Callable[[Stage], object]


def signing_in(on: Stage) -> None:
    sign_in(on.nobody, password=CANARY)
    sign_in(on.nobody, email="nobody@north.example", password=CANARY)


def own_password(on: Stage) -> None:
    on.anna.submit("/profile/password", {"current": CANARY, "password": CANARY})
    assert on.anna.submit("/profile/password", {"current": PASSWORD, "password": CANARY}).status_code == 303
    assert sign_in(on.nobody, password=CANARY).status_code == 303
    assert on.anna.submit("/profile/password", {"current": CANARY, "password": PASSWORD}).status_code == 303


def by_a_link(on: Stage) -> None:
    with on.app.app_context(), transaction():
        link = f"/reset/{resets.make_reset(on.world.vault, find_user(BORIS.email))}"
    assert on.nobody.submit(link, {"password": CANARY[:8]}).status_code == 422
    assert on.nobody.submit(link, {"password": CANARY}).status_code == 303


def code(on: Stage) -> None:
    sign_in(on.nobody, OLGA.email)
    assert on.nobody.submit("/login/code", {"code": CANARY}).status_code == 422
    set_up(on.anna)
    on.anna.submit("/profile/second-factor/app/confirm", {"code": CANARY})


def confirm(on: Stage) -> None:
    for field in ("password", "code", "credential"):
        for person in (on.anna, on.olga):
            assert person.submit("/confirm", {field: CANARY, "next": "/"}).status_code == 422


def passkey(on: Stage) -> None:
    on.anna.submit("/profile/passkeys/options")
    on.anna.submit("/profile/passkeys", {"credential": CANARY, "name": "Laptop"})
    on.nobody.submit("/login/passkey/options")
    on.nobody.submit("/login/passkey", {"credential": CANARY})


def shop(on: Stage) -> None:
    page = "/admin/card-payments"
    on.olga.submit(page, {"shop_id": "", "secret": CANARY})
    assert on.olga.submit(page, {"shop_id": "100500", "secret": CANARY, "is_on": "y"}).status_code < 400
    on.olga.get(page)


def provider(on: Stage) -> None:
    page, form = "/integration/provider", {"key": CANARY, "is_on": "y"}
    on.anna.submit(page, {**form, "url": "no address", "way": "query"})
    for way in ("query", "bearer"):
        on.anna.submit(page, {**form, "url": _DEAD, "way": way})
        on.anna.submit(f"{page}/check")


def amo_token(on: Stage) -> None:
    on.anna.submit("/connectors/amocrm", {"amo-address": on.amo.url, "amo-token": CANARY})
    on.amo.tokens.add(CANARY)
    form = {"amo-address": on.amo.url, "amo-token": CANARY}
    assert on.anna.submit("/connectors/amocrm", form).status_code == 303
    on.amo.tokens.clear()
    on.anna.submit("/connectors/check")


def amo_application(on: Stage) -> None:
    keys = {"amo-client_id": CLIENT, "amo-client_secret": CANARY, "amo-redirect": REDIRECT, "amo-code": CANARY}
    for address in (on.amo.url, _DEAD):
        assert on.anna.submit("/connectors/amocrm", {"amo-address": address, **keys}).status_code == 422


def bitrix_webhook(on: Stage) -> None:
    for address in (on.bitrix.url, _DEAD, "https://company.bitrix24.ru/company"):
        on.anna.submit("/connectors/bitrix24", {"b24-webhook": f"{address}/rest/1/{CANARY}/profile.json"})


def bitrix_application(on: Stage) -> None:
    form = {"b24-address": on.bitrix.url, "b24-client_id": "local.1", "b24-client_secret": CANARY}
    assert on.anna.submit("/connectors/bitrix24", form).status_code == 303
    place = on.anna.get("/connectors/authorise").headers["Location"]
    state = place.rpartition("state=")[2]
    on.anna.get(f"/connectors/authorised?code={CANARY}&state={state}")
    on.anna.get(f"/connectors/authorised?code={CANARY}&state=made-up")


def headers_of_a_webhook(on: Stage) -> None:
    url = SendableUrl(f"{_DEAD}/calls", f"{_DEAD}/calls")
    on.world.north(lambda: add_webhook(url, EventType.CALL_FINISHED))()
    page = f"/webhooks/{on.world.newest(WebhookSubscription)}/edit"
    form = {
        "url": f"{_DEAD}/calls",
        "event": "call-finished",
        "method": "GET",
        "headers": f"Authorization: Bearer {CANARY}",
    }
    based_on = re.search(r'name="based_on" type="hidden" value="(\w+)"', on.anna.get(page).text)
    assert based_on
    assert on.anna.submit(page, {**form, "based_on": based_on[1]}).status_code == 303
    on.anna.get(page)


def key(on: Stage) -> None:
    path = "/api.php/telephony/get_calls"
    for door in (path, "/calls", "/no-such-page"):
        on.nobody.get(door, headers={"Authorization": f"Bearer {CANARY}"})
        on.nobody.get(f"{door}?abonent_api_key={CANARY}&num_a=1")
        on.nobody.get(f"{door}?abonent%5Fapi_ke%79={CANARY}")
    on.nobody.get("/metrics", headers={"Authorization": f"Bearer {CANARY}"}, environ_base={"REMOTE_ADDR": "192.0.2.7"})


def links(on: Stage) -> None:
    for path in LINKS:
        for browser in (on.nobody, signed_in(on.app, ANNA)):
            browser.get(path.replace("<string:token>", CANARY))
            browser.submit(path.replace("<string:token>", CANARY), {"name": "Vera", "password": "lilac tractors"})


LINKS = (
    "/capture/<string:token>",
    "/crm-records/<string:token>",
    "/invite/<string:token>",
    "/invite/<string:token>/join",
    "/provider-notices/<string:token>",
    "/reset/<string:token>",
)
STORIES: dict[str, Story] = {
    "SignInForm.password": signing_in,
    "PasswordForm.current": own_password,
    "PasswordForm.password": own_password,
    "NewPasswordForm.password": by_a_link,
    "CodeForm.code": code,
    "ConfirmForm.password": confirm,
    "ConfirmForm.code": confirm,
    "ConfirmForm.credential": confirm,
    "accounts/views/own_passkeys.py credential": passkey,
    "accounts/views/second_step.py credential": passkey,
    "ShopForm.secret": shop,
    "ProviderForm.key": provider,
    "AmoForm.token": amo_token,
    "AmoForm.client_secret": amo_application,
    "AmoForm.code": amo_application,
    "BitrixForm.webhook": bitrix_webhook,
    "BitrixForm.client_secret": bitrix_application,
    "connectors/views/link.py code": bitrix_application,
    "WebhookSettingsForm.headers": headers_of_a_webhook,
    "public_api/door.py Authorization": key,
    "public_api/door.py abonent_api_key": key,
    "admin/metrics/views.py Authorization": key,
    **dict.fromkeys(LINKS, links),
}
"""By the places of `places`; one story may go through several."""
