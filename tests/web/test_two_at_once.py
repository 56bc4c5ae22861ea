"""Two people with the same form open: the second is told, sees what is saved beside what was typed, and decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.accounts.api_keys import named
from portal.accounts.models import ApiKey
from portal.calls.remarks import tags
from portal.calls.remarks.models import CallTag
from portal.calls.saved.models import SavedView
from portal.calls.saved.services import Viewer, save_view
from portal.connectors.models import CrmKind, CrmLink, Way
from portal.contacts import services as book
from portal.contacts.models import CrmUser
from portal.invoicing.cards.services import set_shop
from portal.kernel.db import db
from portal.routing import groups
from portal.routing.models import HuntGroup
from portal.telephony import lines
from portal.telephony.models import Did, SipLine
from portal.telephony.provider.services import LinkSettings, save_link
from portal.web.access import Permission
from portal.webhooks import services as webhooks
from portal.webhooks.models import EventType, WebhookSubscription
from portal.webhooks.urls import SendableUrl
from tests.browser import Browser
from tests.kernel.by_half.world import World
from tests.people import ANNA, Cast

_BASED_ON = re.compile(r'name="([\w-]*based_on)" type="hidden" value="(\w+)"')
_URL = "http://127.0.0.1:9999/calls"
_GROUP = {"strategy": "sequential", "ring_seconds": "20", "rounds": "2", "total_seconds": "90", "ending": "hang-up"}
_CAUSES = {"closed": "number", "nobody_registered": "", "all_busy": "", "engine_error": ""}
_HOOK = {"url": _URL, "event": "call-finished", "method": "GET"}


def _key(at: World) -> str:
    terms = named.KeyTerms("Reports", [Permission.API_CALLS], [], None)
    at.north(lambda: named.add_api_key(at.vault, terms))()
    return f"/integration/keys/{at.newest(ApiKey)}"


def _tag(at: World) -> str:
    at.north(lambda: tags.add_tag("Order", "good"))()
    return f"/calls/tags/{at.newest(CallTag)}"


def _user(at: World) -> str:
    at.north(lambda: book.add_crm_user("Vera"))()
    return f"/contacts/crm-users/{at.newest(CrmUser)}"


def _line(at: World) -> str:
    at.north(lambda: lines.add_sip_line("SIP/00000000672"))()
    return f"/contacts/lines/{at.newest(SipLine)}"


def _operators_line(at: World) -> str:
    return f"/admin/accounts/{at.cast.north}/lines/sip/{_line(at).rpartition('/')[2]}"


def _group(at: World) -> str:
    at.north(lambda: groups.add_group("Sales"))()
    return f"/integration/groups/{at.newest(HuntGroup)}"


def _hook(at: World) -> str:
    at.north(lambda: webhooks.add_webhook(SendableUrl(_URL, _URL), EventType.CALL_FINISHED))()
    return f"/webhooks/{at.newest(WebhookSubscription)}/edit"


def _known(at: World) -> str:
    return "/integration/known-contacts"


def _fallbacks(at: World) -> str:
    return "/integration/fallbacks"


def _provider(at: World) -> str:
    typed = LinkSettings("http://127.0.0.1:9999/api", "a-key", is_bearer=False, is_on=True)
    at.north(lambda: save_link(at.vault, typed))()
    return "/integration/provider"


def _shop(at: World) -> str:
    at.operator(lambda: set_shop(at.vault, "100500", "secret", is_on=True))()
    return "/admin/card-payments"


def _warnings(at: World) -> str:
    return "/balance /balance/warnings"


def _due(at: World) -> str:
    return "/calls/missed /calls/missed/rules"


def _records(at: World) -> str:
    return "/records"


def _view(at: World) -> str:
    anna = Viewer(at.user(ANNA), may_share=True)
    at.north(lambda: save_view(anna, "Plain", {}, None, is_shared=True))()
    return f"/calls/views/{at.newest(SavedView)}"


Form = dict[str, Any]
FORMS: dict[str, tuple[Callable[[World], str], Form, str, str, str]] = {
    "a key": (_key, {"scopes_calls": "y"}, "name", "First", "Second"),
    "a tag": (_tag, {"tone": "good"}, "name", "First", "Second"),
    "a CRM user": (_user, {"is_on_duty": "y"}, "name", "First", "Second"),
    "a SIP account": (_line, {}, "label", "First", "Second"),
    "a SIP account, by the operator": (_operators_line, {"switch": "main"}, "label", "First", "Second"),
    "a group": (_group, _GROUP, "name", "First", "Second"),
    "a webhook": (_hook, _HOOK, "headers", "X-Crm: First", "X-Crm: Second"),
    "known contacts": (
        _known,
        {"mode": "first", "owner_seconds": "20", "last_talk_hours": "12", "source": "address-book"},
        "budget_ms",
        "1111",
        "2222",
    ),
    "fallbacks": (_fallbacks, _CAUSES, "closed_number", "+7 495 111-11-11", "+7 495 222-22-22"),
    "a provider": (
        _provider,
        {"way": "bearer", "is_on": "y", "key": "a-key"},
        "url",
        "http://127.0.0.1:9999/first",
        "http://127.0.0.1:9999/second",
    ),
    "money warnings": (_warnings, {"days": "5"}, "below", "111.11", "222.22"),
    "how soon a missed call is due": (_due, {}, "minutes", "111", "222"),
    "how long records are kept": (_records, {"keep": "days", "confirmed": "1"}, "days", "111", "222"),
    "a view": (_view, {"is_shared": "y"}, "name", "First", "Second"),
    "the shop": (_shop, {"vat_code": "1", "subject": "payment", "mode": "advance"}, "shop_id", "111222", "333444"),
}


@pytest.mark.parametrize("what", FORMS)
def test_the_second_to_save_is_told_and_nothing_is_lost(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, what: str
) -> None:
    make, rest, field, first, second = FORMS[what]
    url, _space, act = make(World(app, cast)).partition(" ")
    browser = olga if url.startswith("/admin") else anna
    seen = _seen(browser.get(url).get_data(as_text=True))

    assert browser.submit(act or url, {**rest, field: first, **seen}).status_code < 400
    late = browser.submit(act or url, {**rest, field: second, **seen})
    page = late.get_data(as_text=True)

    assert late.status_code == 409
    assert first in page.partition("data-present")[2].partition("</div>")[0]
    assert second in page
    assert first in browser.get(url).get_data(as_text=True)
    assert browser.submit(act or url, {**rest, field: second, **_seen(page)}).status_code < 400
    saved = browser.get(url).get_data(as_text=True)
    assert second in saved
    assert first not in saved


def test_the_same_change_made_twice_is_no_conflict(app: Flask, cast: Cast, anna: Browser) -> None:
    url = _tag(World(app, cast))
    seen = _seen(anna.get(url).get_data(as_text=True))
    form = {"name": "Orders", "tone": "bad", **seen}

    assert [anna.submit(url, form).status_code for _time in range(2)] == [303, 303]


def test_the_week_of_a_number_is_told_too(app: Flask, cast: Cast, anna: Browser) -> None:
    at = World(app, cast)
    at.north(lambda: lines.add_did("74951234567"))()
    number = at.newest(Did)
    url, monday = f"/integration/hours/{number}", f"line-{number}-day_0"
    seen = _seen(anna.get("/integration/hours").get_data(as_text=True), f"line-{number}-")

    assert anna.submit(url, {monday: "10:00-18:00", **seen}).status_code < 400
    late = anna.submit(url, {monday: "11:00-18:00", **seen})

    assert late.status_code == 409
    assert "10:00-18:00" in late.get_data(as_text=True).partition("data-present")[2].partition("</div>")[0]
    assert 'value="11:00-18:00"' in late.get_data(as_text=True)


def test_what_a_crm_is_told_is_told_too(app: Flask, cast: Cast, anna: Browser) -> None:
    def connect() -> None:
        db.session.add(CrmLink(kind=CrmKind.AMOCRM, way=Way.TOKEN, url="https://192.0.2.1", sealed="nothing"))

    World(app, cast).north(connect)()
    seen = _seen(anna.get("/connectors").get_data(as_text=True))

    assert anna.submit("/connectors/switches", {"writes_calls": "y", **seen}).status_code < 400
    late = anna.submit("/connectors/switches", {"shows_cards": "y", **seen})
    switches = late.get_data(as_text=True).partition("data-present")[2]

    assert late.status_code == 409
    assert re.search(r'name="shows_cards"[^>]* checked|checked[^>]* name="shows_cards"', switches)


def _seen(page: str, prefix: str = "") -> dict[str, str]:
    found = {match[1]: match[2] for match in _BASED_ON.finditer(page)}
    assert prefix + "based_on" in found, "the form says what it is based on"
    return {prefix + "based_on": found[prefix + "based_on"]}
