"""Further groups, and where calls go in each case that leads to nobody."""

from typing import Any

import pytest
from flask import Flask

from portal.routing.groups import add_group
from portal.routing.queries import new_contact_group, other_groups, receivers
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.integration.desk import Desk
from tests.people import Cast

GROUPS, FALLBACKS, STRATEGY = "/integration/groups", "/integration/fallbacks", "/integration/strategy"
NOTHING = dict.fromkeys(("closed", "nobody_registered", "all_busy", "engine_error"), "")


@pytest.fixture
def second(app: Flask, cast: Cast) -> int:
    with inside(app, cast.north):
        return add_group("Second").id


def typed(desk: Desk, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Night shift",
        "strategy": "random",
        "ring_seconds": "20",
        "rounds": "2",
        "total_seconds": "90",
        "ending": "number",
        "ending_number": "8 495 123-45-67",
        "order": [str(desk.alex), str(desk.igor), str(desk.olga)],
        "receiver": [str(desk.igor), str(desk.alex)],
        **changes,
    }


def group(app: Flask, account_id: int) -> tuple[str, list[str], str, str, str | None]:
    with inside(app, account_id):
        (only,) = other_groups()
        names = [member.crm_user.name for member in receivers(only)]
        return only.name, names, only.strategy, only.fallback, only.fallback_address


def rules(app: Flask, account_id: int) -> dict[str, tuple[str, str | None, int | None]]:
    with inside(app, account_id):
        return {each.cause: (each.kind, each.address, each.target_group_id) for each in new_contact_group().fallbacks}


def test_a_group_is_added_and_its_page_opens(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    answer = anna.submit(GROUPS, {"name": " Night  shift "})

    assert answer.status_code == 303
    assert anna.get(answer.location).status_code == 200
    assert group(app, cast.north)[0] == "Night shift"


@pytest.mark.parametrize("name", ["", "second", "new-contacts", "x" * 101])
def test_a_name_that_cannot_be_is_refused(anna: Browser, desk: Desk, second: int, name: str) -> None:
    assert anna.submit(GROUPS, {"name": name}).status_code == 422


@pytest.mark.parametrize("htmx", [False, True])
def test_everything_about_a_group_is_saved(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, second: int, htmx: bool
) -> None:
    answer = anna.submit(f"{GROUPS}/{second}", typed(desk), htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    names = ["Alex Gogolev", "Igor Batov"]
    assert group(app, cast.north) == ("Night shift", names, "random", "number", "74951234567")


def test_a_button_moves_a_member(app: Flask, cast: Cast, desk: Desk, anna: Browser, second: int) -> None:
    anna.submit(f"{GROUPS}/{second}", typed(desk, move=f"{desk.igor}:up"))

    assert group(app, cast.north)[1] == ["Igor Batov", "Alex Gogolev"]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"strategy": "x"}, "strategy"),
        ({"rounds": "11"}, "rounds"),
        ({"ending_number": "mother"}, "ending_number"),
        ({"ending": "group:999"}, "ending"),
    ],
)
def test_what_is_wrong_with_a_group_is_said_at_its_field(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, second: int, change: dict[str, str], field: str, htmx: bool
) -> None:
    answer = anna.submit(f"{GROUPS}/{second}", typed(desk, **change), htmx=htmx)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.get_data(as_text=True)
    assert group(app, cast.north)[0] == "Second"


def test_a_group_is_removed_and_back_again(app: Flask, cast: Cast, anna: Browser, second: int) -> None:
    anna.submit(f"{GROUPS}/{second}/remove")
    with inside(app, cast.north):
        assert other_groups() == []
    assert anna.get(f"{GROUPS}/{second}").status_code == 404

    anna.submit(f"{GROUPS}/{second}/restore")
    assert group(app, cast.north)[0] == "Second"
    assert actions(app, cast.north)[-2:] == ["group.remove", "group.restore"]


def test_a_group_that_the_strategy_passes_calls_to_stays(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, second: int
) -> None:
    strategy = {"strategy": "sequential", "ring_seconds": "15", "rounds": "1", "total_seconds": "60"}
    answer = anna.submit(STRATEGY, strategy | {"fallback": "group", "fallback_group": str(second)})
    assert answer.status_code == 303
    assert "Second" in anna.get("/integration").get_data(as_text=True)

    assert anna.submit(f"{GROUPS}/{second}/remove").status_code == 409
    assert group(app, cast.north)[0] == "Second"


@pytest.mark.parametrize("htmx", [False, True])
def test_each_case_gets_its_way(app: Flask, cast: Cast, desk: Desk, anna: Browser, second: int, htmx: bool) -> None:
    chosen = {
        "closed": f"group:{second}",
        "all_busy": "sip-line:SIP/00000000673",
        "engine_error": "number",
        "engine_error_number": "8 (495) 123-45-67",
    }
    answer = anna.submit(FALLBACKS, NOTHING | chosen, htmx=htmx)

    assert answer.status_code == (200 if htmx else 303)
    assert rules(app, cast.north) == {
        "closed": ("group", None, second),
        "all_busy": ("sip-line", "SIP/00000000673", None),
        "engine_error": ("number", "74951234567", None),
    }
    anna.submit(FALLBACKS, NOTHING | {"closed": "hang-up"})
    assert rules(app, cast.north) == {"closed": ("hang-up", None, None)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"closed": "music"}, "closed"),
        ({"all_busy": "number"}, "all_busy_number"),
        ({"engine_error": "sip-line:SIP/9"}, "engine_error"),
    ],
)
def test_a_way_that_leads_nowhere_is_refused(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, change: dict[str, str], field: str
) -> None:
    answer = anna.submit(FALLBACKS, NOTHING | change)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.get_data(as_text=True)
    assert rules(app, cast.north) == {}


def test_a_viewer_looks_and_changes_nothing(desk: Desk, boris: Browser, second: int) -> None:
    for page in (GROUPS, f"{GROUPS}/{second}", FALLBACKS):
        assert boris.get(page).status_code == 200
        assert boris.submit(page, typed(desk)).status_code == 403


def test_a_strangers_group_is_not_there(desk: Desk, clara: Browser, second: int) -> None:
    assert clara.get(f"{GROUPS}/{second}").status_code == 404
    assert clara.submit(f"{GROUPS}/{second}", typed(desk)).status_code == 404
    assert clara.submit(f"{GROUPS}/{second}/remove").status_code == 404
    assert clara.submit(f"{GROUPS}/{second}/restore").status_code == 404
    assert clara.submit(FALLBACKS, NOTHING | {"closed": f"group:{second}"}).status_code == 422
