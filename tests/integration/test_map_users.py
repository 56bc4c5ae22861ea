"""An admin maps CRM users to SIP accounts on the page."""

from typing import Any

import pytest
from flask import Flask

from portal.contacts import services
from tests.browser import Browser
from tests.contacts.desk import add_lines, inside, mapping
from tests.integration.desk import PAGE, Desk
from tests.people import Cast

SAVE = "/integration/mapping"


def _typed(desk: Desk, **changed: Any) -> dict[str, str]:
    lines = {"olga": desk.line_672, "igor": desk.line_674, "alex": ""}
    ids = {"olga": desk.olga, "igor": desk.igor, "alex": desk.alex}
    seen = {f"seen-{ids[name]}": str(line) for name, line in lines.items()}
    return seen | {f"line-{ids[name]}": str(line) for name, line in (lines | changed).items()}


@pytest.mark.parametrize("htmx", [False, True])
def test_a_saved_mapping_stays(app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool) -> None:
    answer = anna.submit(SAVE, _typed(desk, alex=desk.line_673), htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert mapping(app, cast.north)["Alex Gogolev"] == "SIP/00000000673"
    if htmx:
        assert "crm-users-changed" in answer.headers["HX-Trigger"]


def test_two_users_swap_phones_in_one_save(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    anna.submit(SAVE, _typed(desk, olga=desk.line_674, igor=desk.line_672))

    assert mapping(app, cast.north)["Olga Manoli"] == "SIP/00000000674"
    assert mapping(app, cast.north)["Igor Batov"] == "SIP/00000000672"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_phone_held_twice_is_refused_at_the_field_with_the_holders_name(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    answer = anna.submit(SAVE, _typed(desk, alex=desk.line_672, igor=""), htmx=htmx)

    page = answer.get_data(as_text=True)
    error = page[page.index(f'id="line-{desk.alex}-error"') :][:400]
    assert answer.status_code == 422
    assert "Olga Manoli" in error
    assert "data-error-summary" in page
    assert _is_chosen(page, desk.alex, desk.line_672), "what was chosen stays chosen"
    assert mapping(app, cast.north)["Igor Batov"] == "SIP/00000000674", "nothing was saved"


def test_a_phone_of_another_account_is_refused(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    (foreign,) = add_lines(app, cast.south, "900")

    for value in (str(foreign), "999999999999999999999", "x", "-1", "1.5"):
        answer = anna.submit(SAVE, _typed(desk, alex=value))
        assert answer.status_code == 422, value
        assert f'id="line-{desk.alex}-error"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_change_that_somebody_else_made_meanwhile_is_shown_and_not_overwritten(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    typed = _typed(desk, olga="")
    with inside(app, cast.north):
        services.map_crm_users({desk.olga: desk.line_673})

    answer = anna.submit(SAVE, typed, htmx=htmx)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "SIP/00000000673" in page[page.index(f'id="line-{desk.olga}-error"') :][:400]
    assert _is_chosen(page, desk.olga, ""), "what was chosen stays chosen"
    assert mapping(app, cast.north)["Olga Manoli"] == "SIP/00000000673"
    anna.submit(SAVE, typed | {f"seen-{desk.olga}": str(desk.line_673)})
    assert mapping(app, cast.north)["Olga Manoli"] is None, "a second save puts it through"


def test_whoever_has_no_phone_stands_on_top(desk: Desk, anna: Browser) -> None:
    page = anna.get(PAGE).get_data(as_text=True)

    assert page.index(f'id="phone-{desk.alex}"') < page.index(f'id="phone-{desk.olga}"')


def test_phones_are_refreshed_without_touching_the_selects(desk: Desk, anna: Browser) -> None:
    fragment = anna.fragment("/integration/phones").get_data(as_text=True)

    assert f'id="phone-{desk.olga}"' in fragment
    assert "<select" not in fragment
    assert anna.get("/integration/phones").status_code == 303


def test_a_viewer_sees_the_mapping_and_cannot_change_it(desk: Desk, boris: Browser) -> None:
    page = boris.get(PAGE).get_data(as_text=True)

    assert "SIP/00000000672" in page
    assert f'name="line-{desk.olga}"' not in page
    assert boris.submit(SAVE, _typed(desk)).status_code == 403


def test_a_stranger_sees_and_changes_nothing(app: Flask, cast: Cast, desk: Desk, clara: Browser) -> None:
    assert "Olga Manoli" not in clara.get(PAGE).get_data(as_text=True)

    clara.submit(SAVE, _typed(desk, olga=""))

    assert mapping(app, cast.north)["Olga Manoli"] == "SIP/00000000672"


def _is_chosen(page: str, user_id: int, line: int | str) -> bool:
    select = page[page.index(f'name="line-{user_id}"') :].partition("</select>")[0]
    option = select[: select.index(" selected")] if " selected" in select else ""
    return f'value="{line}"' in select[option.rindex("<option") : select.index(">", select.index(" selected"))]
