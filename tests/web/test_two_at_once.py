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
from portal.contacts import services as book
from portal.contacts.models import CrmUser
from portal.invoicing.cards.services import set_shop
from portal.routing import groups
from portal.routing.models import HuntGroup
from portal.telephony import lines
from portal.telephony.models import SipLine
from portal.telephony.provider.services import LinkSettings, save_link
from portal.web.access import Permission
from portal.webhooks import services as webhooks
from portal.webhooks.models import EventType, WebhookSubscription
from portal.webhooks.urls import SendableUrl
from tests.browser import Browser
from tests.kernel.by_half.world import World
from tests.people import Cast

_BASED_ON = re.compile(r'name="based_on" type="hidden" value="(\w+)"')
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
    "the shop": (_shop, {"vat_code": "1", "subject": "payment", "mode": "advance"}, "shop_id", "111222", "333444"),
}


@pytest.mark.parametrize("what", FORMS)
def test_the_second_to_save_is_told_and_nothing_is_lost(
    app: Flask, cast: Cast, anna: Browser, olga: Browser, what: str
) -> None:
    make, rest, field, first, second = FORMS[what]
    url = make(World(app, cast))
    browser = olga if url.startswith("/admin") else anna
    seen = _seen(browser.get(url).get_data(as_text=True))

    assert browser.submit(url, {**rest, field: first, "based_on": seen}).status_code < 400
    late = browser.submit(url, {**rest, field: second, "based_on": seen})
    page = late.get_data(as_text=True)

    assert late.status_code == 409
    assert first in page.partition("data-present")[2].partition("</div>")[0]
    assert second in page
    assert first in browser.get(url).get_data(as_text=True)
    assert browser.submit(url, {**rest, field: second, "based_on": _seen(page)}).status_code < 400
    saved = browser.get(url).get_data(as_text=True)
    assert second in saved
    assert first not in saved


def test_the_same_change_made_twice_is_no_conflict(app: Flask, cast: Cast, anna: Browser) -> None:
    url = _tag(World(app, cast))
    seen = _seen(anna.get(url).get_data(as_text=True))
    form = {"name": "Orders", "tone": "bad", "based_on": seen}

    assert [anna.submit(url, form).status_code for _time in range(2)] == [303, 303]


def _seen(page: str) -> str:
    found = _BASED_ON.search(page)
    assert found, "the form says what it is based on"
    return found[1]
