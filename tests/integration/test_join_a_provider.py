"""The page of the provider: set up, checked, watched; the key is never shown again."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.kernel.http import Trouble
from portal.telephony.provider.services import access_of, provider_link
from portal.telephony.provider.state import note_trouble
from tests.browser import Browser, signed_in
from tests.people import ANNA, BORIS, Cast
from tests.telephony.provider.server import KEY, Provider, call

PAGE = "/integration/provider"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture(scope="session")
def over_provider(make_app: Callable[..., Flask], migrated_app: Flask) -> Flask:
    """The same installation, with calls from a provider."""
    settings = migrated_app.extensions["portal.settings"]
    return make_app(settings.database_url, data=Path(settings.data), PORTAL_ENGINE="provider")


@pytest.fixture
def admin(over_provider: Flask, cast: Cast) -> Browser:
    return signed_in(over_provider, ANNA)


def form(provider: Provider, **changes: str) -> dict[str, str]:
    return {"url": provider.url, "key": KEY, "way": "query", "is_on": "y"} | changes


def test_a_provider_is_set_up_and_its_key_is_not_shown_again(admin: Browser, provider: Provider) -> None:
    assert admin.submit(PAGE, form(provider)).status_code == 303
    page = admin.get(PAGE).get_data(as_text=True)

    assert f"{provider.url}/api.php/telephony" in page
    assert KEY not in page
    assert "/provider-notices/" in page

    assert admin.submit(PAGE, form(provider, key="")).status_code == 303, "an empty key keeps the saved one"


def test_the_saved_key_goes_to_no_other_host(admin: Browser, provider: Provider) -> None:
    admin.submit(PAGE, form(provider))
    with Provider() as other:
        for way in (PAGE, f"{PAGE}/check"):
            assert admin.submit(way, form(other, key="")).status_code == 422
        assert other.asked == []


def test_what_was_checked_is_saved_and_the_key_is_typed_once(
    over_provider: Flask, admin: Browser, provider: Provider, cast: Cast
) -> None:
    provider.calls.append(call("1" * 32))

    answer = admin.submit(f"{PAGE}/check", form(provider), htmx=True)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "отвечает" in page
    assert "/provider-notices/" in page
    assert KEY not in page

    with over_provider.app_context(), transaction(cast.north, writes=False):
        link = provider_link()
        assert link is not None
        assert access_of(over_provider.extensions["portal.vault"], link).key == KEY
    assert admin.submit(f"{PAGE}/check", form(provider, key="")).status_code == 303, "checked again with the saved key"


def test_what_does_not_answer_is_not_saved_by_a_check(admin: Browser, provider: Provider) -> None:
    refused = admin.submit(f"{PAGE}/check", form(provider, key="wrong"))

    assert refused.status_code == 422
    assert "401" in refused.get_data(as_text=True)
    assert "wrong" not in refused.get_data(as_text=True)
    assert "/provider-notices/" not in admin.get(PAGE).get_data(as_text=True)
    assert admin.submit(f"{PAGE}/check", form(provider, way="bearer")).status_code == 303


def test_of_two_who_check_at_once_the_later_is_told(admin: Browser, provider: Provider) -> None:
    admin.submit(PAGE, form(provider))
    shown = re.search(r'name="(based_on)" type="hidden" value="(\w+)"', admin.get(PAGE).get_data(as_text=True))
    assert shown
    based_on = {shown[1]: shown[2]}
    admin.submit(f"{PAGE}/check", form(provider, key="", way="bearer"))

    assert admin.submit(f"{PAGE}/check", based_on | form(provider, key="")).status_code == 409


@pytest.mark.parametrize(
    "changes", [{"url": ""}, {"url": "http://10.0.0.1/"}, {"url": "ftp://a.example"}, {"key": ""}, {"key": "ключ"}]
)
def test_what_cannot_work_is_refused_with_what_was_typed(
    admin: Browser, provider: Provider, changes: dict[str, str]
) -> None:
    answer = admin.submit(PAGE, form(provider, **changes))

    assert answer.status_code == 422


def test_a_new_url_for_notices_replaces_the_earlier_one(admin: Browser, provider: Provider) -> None:
    admin.submit(PAGE, form(provider))

    def inlet() -> str:
        found = re.search(r"/provider-notices/[\w-]+", admin.get(PAGE).get_data(as_text=True))
        assert found
        return found[0]

    before = inlet()
    assert admin.submit(f"{PAGE}/inlet").status_code == 303
    assert inlet() != before


def test_a_viewer_sees_how_it_goes_and_not_the_url(
    over_provider: Flask, admin: Browser, provider: Provider, cast: Cast
) -> None:
    admin.submit(PAGE, form(provider))
    boris = signed_in(over_provider, BORIS)

    assert "/provider-notices/" not in boris.get(PAGE).get_data(as_text=True)
    assert boris.submit(PAGE, form(provider)).status_code == 403


def test_pages_say_how_old_they_are_while_the_provider_does_not_answer(
    over_provider: Flask, admin: Browser, provider: Provider, cast: Cast
) -> None:
    admin.submit(PAGE, form(provider))
    assert "Провайдер" not in admin.get("/calls").get_data(as_text=True)

    with over_provider.app_context(), transaction(cast.north):
        note_trouble(Trouble.SILENT, "timeout")
        note_trouble(Trouble.SILENT, "timeout")

    assert "Провайдер не отвечает" in admin.get("/calls").get_data(as_text=True)
    assert "timeout" in admin.get(PAGE).get_data(as_text=True)
    assert admin.fragment(f"{PAGE}/state").status_code == 200
    assert "Провайдер" in admin.get("/integration").get_data(as_text=True)


def test_an_installation_over_another_engine_says_so(browse: Callable[..., Browser]) -> None:
    assert "PORTAL_ENGINE" in browse(ANNA).get(PAGE).get_data(as_text=True)
