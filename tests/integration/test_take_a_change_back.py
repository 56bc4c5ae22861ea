"""What was saved of the routing is taken back by the toast's button, and comes again by the next one's."""

import html
import json
import re
from collections.abc import Mapping

import pytest
from flask import Flask

from portal.contacts import services as contacts
from portal.routing.groups import add_group, remove_group
from portal.routing.known_rules import known_contact_rules
from portal.routing.queries import find_group, new_contact_group, receivers
from tests.browser import Browser
from tests.contacts.desk import actions, inside
from tests.integration.desk import PAGE, Desk
from tests.integration.test_groups_and_fallbacks import FALLBACKS, GROUPS, NOTHING, group, rules, typed
from tests.integration.test_set_strategy import SAVE, TYPED
from tests.people import Cast


def undo_of(anna: Browser, url: str, data: Mapping[str, object]) -> str:
    """Where the toast's button leads after this was saved."""
    answer = anna.submit(url, dict(data), htmx=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    undo = json.loads(answer.headers["HX-Trigger"])["portal:toast"]["undo"]
    assert isinstance(undo, str)
    return undo


def order(app: Flask, account_id: int) -> list[str]:
    with inside(app, account_id):
        return [member.crm_user.name for member in receivers(new_contact_group())]


def strategy(app: Flask, account_id: int) -> tuple[str, int, str, str | None]:
    with inside(app, account_id):
        now = new_contact_group()
        return now.strategy, now.ring_seconds, now.fallback, now.fallback_address


def test_receivers_come_back_in_their_order_and_go_again(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    undo = undo_of(anna, "/integration/receivers", {"order": [desk.alex, desk.igor], "receiver": [desk.alex]})
    assert order(app, cast.north) == ["Alex Gogolev"]

    answer = anna.submit(undo)

    assert answer.location.endswith(f"{PAGE}#receivers")
    assert order(app, cast.north) == ["Olga Manoli", "Igor Batov"]
    assert actions(app, cast.north)[-1] == "group.undo"
    again = re.search(r'action="([^"]*/undo[^"]*)" data-toast-undo', anna.get(PAGE).get_data(as_text=True))
    assert again
    anna.submit(html.unescape(again[1]))
    assert order(app, cast.north) == ["Alex Gogolev"]


def test_a_receiver_who_has_gone_meanwhile_stays_away(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    undo = undo_of(anna, "/integration/receivers", {"order": [desk.alex], "receiver": [desk.alex]})
    with inside(app, cast.north):
        contacts.remove_crm_user(desk.olga)

    anna.submit(undo)

    assert order(app, cast.north) == ["Igor Batov"]


def test_the_strategy_comes_back_whole(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    before = strategy(app, cast.north)
    undo = undo_of(anna, SAVE, TYPED)
    assert strategy(app, cast.north) != before

    assert anna.submit(undo).location.endswith(f"{PAGE}#strategy")

    assert strategy(app, cast.north) == before
    assert order(app, cast.north) == ["Olga Manoli", "Igor Batov"]


def test_fallbacks_come_back_each_with_its_way(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    anna.submit(FALLBACKS, NOTHING | {"closed": "hang-up", "all_busy": "sip-line:SIP/00000000673"})
    before = rules(app, cast.north)
    undo = undo_of(anna, FALLBACKS, NOTHING | {"closed": "announcement"})

    assert anna.submit(undo).location.endswith(FALLBACKS)

    assert rules(app, cast.north) == before


def test_a_group_comes_back_with_name_members_and_strategy(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    with inside(app, cast.north):
        second = add_group("Second").id
    before = group(app, cast.north)
    undo = undo_of(anna, f"{GROUPS}/{second}", typed(desk))
    assert group(app, cast.north) != before

    assert anna.submit(undo).location.endswith(f"{GROUPS}/{second}")

    assert group(app, cast.north) == before


def test_what_would_lead_to_a_group_that_has_gone_is_not_taken_back(
    app: Flask, cast: Cast, desk: Desk, anna: Browser
) -> None:
    with inside(app, cast.north):
        second = add_group("Second").id
    anna.submit(FALLBACKS, NOTHING | {"closed": f"group:{second}"})
    undo = undo_of(anna, FALLBACKS, NOTHING)
    with inside(app, cast.north):
        remove_group(second)

    assert anna.submit(undo).status_code == 409
    assert rules(app, cast.north) == {}


@pytest.mark.parametrize("who", ["boris", "clara"])
def test_nobody_else_takes_it_back(
    app: Flask, cast: Cast, desk: Desk, anna: Browser, request: pytest.FixtureRequest, who: str
) -> None:
    undo = undo_of(anna, SAVE, TYPED)
    other: Browser = request.getfixturevalue(who)

    assert other.submit(undo).status_code == {"boris": 403, "clara": 404}[who]
    assert strategy(app, cast.north)[0] == "simultaneous"


def test_a_group_that_nobody_has_changed_has_nothing_to_take_back(
    app: Flask, cast: Cast, desk: Desk, anna: Browser
) -> None:
    with inside(app, cast.north):
        second = add_group("Second").id
        assert find_group(second).previous is None

    assert anna.submit(f"{GROUPS}/{second}/undo").status_code == 409


KNOWN = "/integration/known-contacts"
KNOWN_TYPED = {
    "mode": "only",
    "owner_seconds": "33",
    "last_talk_hours": "5",
    "budget_ms": "900",
    "order": ["last-talk", "address-book", "lookup"],
    "source": ["last-talk"],
    "lookup_url": "",
}


def known(app: Flask, account_id: int) -> tuple[str, list[str], int, int, int]:
    with inside(app, account_id):
        rules = known_contact_rules()
        seconds = new_contact_group().owner_seconds
        return rules.mode, rules.sources, rules.last_talk_hours, rules.budget_ms, seconds


def test_the_rules_of_known_contacts_come_back_and_go_again(app: Flask, cast: Cast, desk: Desk, anna: Browser) -> None:
    before = known(app, cast.north)
    undo = undo_of(anna, KNOWN, KNOWN_TYPED)
    changed = known(app, cast.north)
    assert changed == ("only", ["last-talk"], 5, 900, 33)

    assert anna.submit(undo).location.endswith(KNOWN)
    assert known(app, cast.north) == before
    assert actions(app, cast.north)[-1] == "known_contacts.undo"

    anna.submit(undo)
    assert known(app, cast.north) == changed


def test_rules_of_known_contacts_that_nobody_changed_have_no_way_back(cast: Cast, desk: Desk, anna: Browser) -> None:
    assert anna.submit(f"{KNOWN}/undo").status_code == 409
