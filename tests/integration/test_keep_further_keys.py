"""Further keys on the page: made and shown once, changed, replaced, revoked."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts.api_keys import find_key_holder, working_keys
from portal.accounts.api_keys.named import named_keys
from portal.accounts.models import ApiKey
from portal.kernel.clock import now
from portal.web.access import Permission
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.integration.desk import PAGE
from tests.people import Cast

TYPED = {"name": "Reports", "scopes_calls": "y", "networks": "203.0.113.7, 10.0.0.1/8"}
KEY = re.compile(r'id="key-value">(abonent\d+[0-9a-z]{32})<')


def shown(page: str) -> str:
    """The key that the page shows."""
    found = KEY.search(page)
    assert found, "the page shows no key"
    return found[1]


def keys(app: Flask, account_id: int) -> list[ApiKey]:
    with inside(app, account_id):
        return list(named_keys())


def test_a_key_is_made_and_shown_once(app: Flask, cast: Cast, anna: Browser, boris: Browser) -> None:
    answer = anna.submit("/integration/keys/new", TYPED)

    plain = shown(answer.get_data(as_text=True))
    assert "no-store" in answer.headers["Cache-Control"]
    [key] = keys(app, cast.north)
    assert re.fullmatch(rf"abonent{cast.north}[0-9a-z]{{32}}", plain), "165 random bits"
    assert (key.name, key.networks, key.created_by) == (
        "Reports",
        ["203.0.113.7/32", "10.0.0.0/8"],
        "anna@north.example",
    )
    assert actions(app, cast.north)[-1] == "api_key.add"
    with app.app_context():
        holder = find_key_holder(app.extensions["portal.vault"], plain, "10.9.9.9")
    assert holder is not None
    assert holder.permissions == {Permission.API, Permission.API_CALLS}
    for person in (anna, boris):
        page = person.get(PAGE).get_data(as_text=True)
        assert "Reports" in page
        assert f"{plain[:10]}•" in page
        assert plain not in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"scopes_calls": ""}, "scopes_calls"),
        ({"networks": "10.0.0.0/33"}, "networks"),
        ({"networks": "localhost"}, "networks"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": "2001-01-01"}, "expires_on"),
        ({"expires_on": "9999-12-31"}, ""),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    anna: Browser, wrong: dict[str, str], field: str
) -> None:
    answer = anna.submit("/integration/keys/new", {name: value for name, value in (TYPED | wrong).items() if value})

    page = answer.get_data(as_text=True)
    if field:
        assert answer.status_code == 422
        assert f'id="{field}-error"' in page
        assert "10.0.0.1/8" in page or "networks" in wrong
    else:
        assert shown(page)


def test_a_name_stands_for_one_key(app: Flask, cast: Cast, anna: Browser) -> None:
    anna.submit("/integration/keys/new", TYPED)

    assert anna.submit("/integration/keys/new", TYPED).status_code == 422
    assert len(keys(app, cast.north)) == 1


def test_a_key_is_changed(app: Flask, cast: Cast, anna: Browser) -> None:
    anna.submit("/integration/keys/new", TYPED)
    [key] = keys(app, cast.north)
    day = (now() + timedelta(days=30)).date().isoformat()
    page = anna.get(f"/integration/keys/{key.id}").get_data(as_text=True)
    assert "203.0.113.7/32" in page

    typed = {"name": "Records", "scopes_records": "y", "expires_on": day}
    assert anna.submit(f"/integration/keys/{key.id}", typed).status_code == 303

    [changed] = keys(app, cast.north)
    assert (changed.name, changed.scopes, changed.networks) == ("Records", ["api-records"], [])
    assert changed.expires_at is not None
    assert f'value="{day}"' in anna.get(f"/integration/keys/{key.id}").get_data(as_text=True)
    assert actions(app, cast.north)[-1] == "api_key.change"


def test_a_key_is_replaced_and_the_old_one_ended_early(app: Flask, cast: Cast, anna: Browser) -> None:
    first = shown(anna.submit("/integration/keys/new", TYPED).get_data(as_text=True))
    [old] = keys(app, cast.north)

    second = shown(anna.submit(f"/integration/keys/{old.id}/replace", {"overlap": "3600"}).get_data(as_text=True))

    assert first != second
    new, replaced = keys(app, cast.north)
    assert (new.name, new.scopes, replaced.id) == (old.name, old.scopes, old.id)
    assert anna.get(f"/integration/keys/{old.id}").status_code == 404
    assert anna.submit(f"/integration/key/{old.id}/end").status_code == 303
    assert [key.id for key in keys(app, cast.north)] == [new.id]


def test_a_key_is_revoked(app: Flask, cast: Cast, anna: Browser) -> None:
    plain = shown(anna.submit("/integration/keys/new", TYPED).get_data(as_text=True))
    [key] = keys(app, cast.north)

    assert anna.submit(f"/integration/keys/{key.id}/revoke").status_code == 303

    assert keys(app, cast.north) == []
    with app.app_context():
        assert find_key_holder(app.extensions["portal.vault"], plain, "203.0.113.7") is None
    assert anna.submit(f"/integration/keys/{key.id}/revoke").status_code == 404
    assert actions(app, cast.north)[-1] == "api_key.revoke"


def test_the_main_key_is_none_of_the_further_ones(app: Flask, cast: Cast, anna: Browser) -> None:
    with inside(app, cast.north):
        [main] = [key.id for key in working_keys()]

    for act in ("", "/replace", "/revoke"):
        assert anna.submit(f"/integration/keys/{main}{act}").status_code == 404


def test_a_viewer_and_a_stranger_keep_their_hands_off(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, clara: Browser
) -> None:
    anna.submit("/integration/keys/new", TYPED)
    [key] = keys(app, cast.north)

    for act in ("", "/replace", "/revoke"):
        assert boris.submit(f"/integration/keys/{key.id}{act}").status_code == 403
        assert clara.submit(f"/integration/keys/{key.id}{act}").status_code == 404
    assert boris.get("/integration/keys/new").status_code == 403
    assert clara.get(f"/integration/keys/{key.id}").status_code == 404
    assert len(keys(app, cast.north)) == 1
