"""An admin adds, renames, removes and pastes CRM users on the page."""

import pytest
from flask import Flask

from tests.browser import Browser
from tests.contacts.desk import actions, mapping
from tests.integration.desk import PAGE, Desk
from tests.people import Cast

BAD_NAMES = {"nothing": " ", "endless": "n" * 201, "somebody's": "olga MANOLI"}


@pytest.mark.parametrize("htmx", [False, True])
def test_a_user_is_added(app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool) -> None:
    answer = anna.submit("/integration/crm-users", {"name": "  Игорь  "}, htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert "Игорь" in anna.get(PAGE).get_data(as_text=True)
    assert actions(app, cast.north)[-1] == "crm_user.add"


def test_choices_not_yet_saved_stay_while_a_user_is_added(desk: Desk, anna: Browser) -> None:
    typed = {"name": "Игорь", f"line-{desk.alex}": str(desk.line_673), f"seen-{desk.alex}": ""}

    page = anna.submit("/integration/crm-users", typed, htmx=True).get_data(as_text=True)

    select = page[page.index(f'name="line-{desk.alex}"') :].partition("</select>")[0]
    assert f'<option selected value="{desk.line_673}">' in select


@pytest.mark.parametrize("case", BAD_NAMES)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_name_that_cannot_be_is_refused_where_it_was_typed(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, case: str, htmx: bool
) -> None:
    name = BAD_NAMES[case]

    added = anna.submit("/integration/crm-users", {"name": name}, htmx=htmx)
    renamed = anna.submit(f"/integration/crm-users/{desk.igor}/rename", {f"name-{desk.igor}": name}, htmx=htmx)

    assert (added.status_code, renamed.status_code) == (422, 422)
    assert f'value="{name}"' in added.get_data(as_text=True)
    assert "data-error-summary" in added.get_data(as_text=True)
    assert f'id="name-{desk.igor}-error"' in renamed.get_data(as_text=True)
    assert f'value="{name}"' in renamed.get_data(as_text=True)
    assert set(mapping(app, cast.north)) == {"Olga Manoli", "Igor Batov", "Alex Gogolev"}


@pytest.mark.parametrize("htmx", [False, True])
def test_a_user_is_renamed(app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool) -> None:
    anna.submit(f"/integration/crm-users/{desk.igor}/rename", {f"name-{desk.igor}": "Igor B."}, htmx=htmx)

    assert mapping(app, cast.north)["Igor B."] == "SIP/00000000674"
    assert actions(app, cast.north)[-1] == "crm_user.rename"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_removed_user_comes_back_by_undo(app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool) -> None:
    answer = anna.submit(f"/integration/crm-users/{desk.igor}/remove", htmx=htmx)

    undo = f"/integration/crm-users/{desk.igor}/restore"
    shown = answer.headers["HX-Trigger"] if htmx else anna.get(PAGE).get_data(as_text=True)
    assert undo in shown
    assert "Igor Batov" not in mapping(app, cast.north)
    anna.submit(undo)
    assert mapping(app, cast.north)["Igor Batov"] == "SIP/00000000674"
    assert actions(app, cast.north)[-2:] == ["crm_user.remove", "crm_user.restore"]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_pasted_list_tells_what_became_of_each_line(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, htmx: bool
) -> None:
    text = "Пётр;673\nOlga Manoli\nМария;999"

    answer = anna.submit("/integration/crm-users/import", {"text": text}, htmx=htmx)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert mapping(app, cast.north)["Пётр"] == "SIP/00000000673"
    assert "Мария" not in mapping(app, cast.north)
    box = page[page.index('name="text"') :].partition("</textarea>")[0]
    assert "Мария;999" in box
    assert "Пётр" not in box


def test_an_empty_paste_is_refused(desk: Desk, anna: Browser) -> None:
    answer = anna.submit("/integration/crm-users/import", {"text": "  "}, htmx=True)

    assert answer.status_code == 422
    assert 'id="text-error"' in answer.get_data(as_text=True)


def test_a_viewer_changes_nobody(desk: Desk, boris: Browser) -> None:
    for act in ("", f"/{desk.igor}/rename", f"/{desk.igor}/remove", f"/{desk.igor}/restore", "/import"):
        assert boris.submit(f"/integration/crm-users{act}", {"name": "X", "text": "X"}).status_code == 403
    assert "crm-users" not in boris.get(PAGE).get_data(as_text=True).replace("crm-users-changed", "")


def test_a_stranger_finds_nobody(app: Flask, cast: Cast, desk: Desk, clara: Browser) -> None:
    for act in ("rename", "remove", "restore"):
        answer = clara.submit(f"/integration/crm-users/{desk.igor}/{act}", {f"name-{desk.igor}": "X"})
        assert answer.status_code == 404
    assert "Igor Batov" in mapping(app, cast.north)
