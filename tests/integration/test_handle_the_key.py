"""The key is masked until somebody who may asks for it; it is replaced with an overlap."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.accounts import api_keys
from portal.kernel.clock import now
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.integration.desk import PAGE, hidden
from tests.people import Cast

OVERLAPS = {"0": timedelta(0), "3600": timedelta(hours=1), "86400": timedelta(hours=24), "604800": timedelta(days=7)}


@pytest.fixture
def key(app: Flask, cast: Cast) -> str:
    """North's key in plain."""
    with inside(app, cast.north):
        return api_keys.reveal_api_key(app.extensions["portal.vault"])


def test_the_page_shows_the_key_masked(anna: Browser, boris: Browser, key: str) -> None:
    for person in (anna, boris):
        page = person.get(PAGE).get_data(as_text=True)
        assert key not in page
        assert key[:10] in page


@pytest.mark.parametrize("htmx", [False, True])
def test_an_admin_sees_the_key_for_a_while_and_it_is_noted(
    app: Flask, cast: Cast, anna: Browser, key: str, htmx: bool
) -> None:
    answer = anna.submit("/integration/key/reveal", htmx=htmx)

    page = answer.get_data(as_text=True)
    assert key in page
    assert "no-store" in answer.headers["Cache-Control"]
    assert 'data-hide-after="30"' in page
    assert htmx or answer.headers["Refresh"].startswith("30;")
    assert actions(app, cast.north)[-1] == "api_key.reveal"
    assert key not in anna.get(PAGE).get_data(as_text=True)


def test_the_key_is_copied_without_being_shown(app: Flask, cast: Cast, anna: Browser, key: str) -> None:
    answer = anna.submit("/integration/key/copy")

    assert answer.get_data(as_text=True) == key
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/plain"
    assert actions(app, cast.north)[-1] == "api_key.reveal"


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("overlap", OVERLAPS)
def test_the_key_is_replaced_and_the_old_one_works_for_the_overlap(
    app: Flask, cast: Cast, anna: Browser, key: str, overlap: str, htmx: bool
) -> None:
    typed = {"overlap": overlap, "replaces": hidden(anna, "replaces")}

    answer = anna.submit("/integration/key/rotate", typed, htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    with inside(app, cast.north):
        current, *old = api_keys.working_keys()
    assert current.expires_at is None
    assert [one.masked for one in old] == ([] if overlap == "0" else [api_keys.mask(key)])
    if old and old[0].expires_at:
        assert abs(old[0].expires_at - now() - OVERLAPS[overlap]) < timedelta(minutes=5)
    assert actions(app, cast.north)[-1] == "api_key.rotate"


@pytest.mark.parametrize("overlap", ["", "5", "-1", "soon", "99999999999999"])
def test_an_overlap_that_is_not_offered_is_refused(anna: Browser, overlap: str) -> None:
    typed = {"overlap": overlap, "replaces": hidden(anna, "replaces")}

    answer = anna.submit("/integration/key/rotate", typed)

    assert answer.status_code == 422
    assert "data-error-summary" in answer.get_data(as_text=True)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_key_that_somebody_else_has_just_replaced_is_not_replaced_again(
    app: Flask, cast: Cast, anna: Browser, htmx: bool
) -> None:
    typed = {"overlap": "3600", "replaces": hidden(anna, "replaces")}
    anna.submit("/integration/key/rotate", typed)

    for replaces in (typed["replaces"], "", "x"):
        answer = anna.submit("/integration/key/rotate", typed | {"replaces": replaces}, htmx=htmx)
        assert answer.status_code == 409

    assert actions(app, cast.north).count("api_key.rotate") == 1


def test_a_replaced_key_is_ended_before_its_time_and_the_present_one_is_not(
    app: Flask, cast: Cast, anna: Browser
) -> None:
    old = hidden(anna, "replaces")
    anna.submit("/integration/key/rotate", {"overlap": "604800", "replaces": old})

    assert anna.submit(f"/integration/key/{hidden(anna, 'replaces')}/end").status_code == 404
    assert anna.submit(f"/integration/key/{old}/end", htmx=True).status_code == 200

    with inside(app, cast.north):
        assert len(api_keys.working_keys()) == 1
    assert actions(app, cast.north)[-1] == "api_key.end"


def test_a_viewer_gets_no_key(boris: Browser, key: str) -> None:
    for act in ("reveal", "copy", "rotate", "1/end"):
        answer = boris.submit(f"/integration/key/{act}")
        assert answer.status_code == 403
        assert key not in answer.get_data(as_text=True)
    assert "/integration/key/" not in boris.get(PAGE).get_data(as_text=True)


def test_a_stranger_cannot_end_a_key(anna: Browser, clara: Browser) -> None:
    old = hidden(anna, "replaces")
    anna.submit("/integration/key/rotate", {"overlap": "604800", "replaces": old})

    assert clara.submit(f"/integration/key/{old}/end").status_code == 404
