"""A call's page says what the call cost and by which rate."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.accounts.roles import RIGHTS, Role
from portal.telephony.engine import CallKind
from portal.web.access import Permission
from tests.billing.prices import give, make_tariff, rate
from tests.browser import Browser
from tests.calls.factory import CALLER, OLGA_PHONE, Story, tell, tell_whole
from tests.people import Cast


@pytest.fixture
def story(app: Flask, cast: Cast) -> Story:
    """A call of a minute from Olga's phone, at a rate of North's tariff."""
    tariff = make_tariff(app, [rate(CallKind.OUTGOING, "7903", "1.80", "Mobile, Moscow")], name="Plain")
    give(app, cast.north, tariff)
    return Story(cast.north, kind=CallKind.OUTGOING, caller=OLGA_PHONE, callee=CALLER)


def test_the_rate_stands_beside_the_price(app: Flask, story: Story, anna: Browser) -> None:
    tell_whole(app, story)

    page = anna.get(f"/calls/{story.api_call_id}").get_data(as_text=True)

    assert "Mobile, Moscow" in page
    assert "1,80" in page


def test_before_the_end_there_is_no_price(app: Flask, story: Story, anna: Browser) -> None:
    tell(app, story.started())

    assert "Mobile, Moscow" not in anna.get(f"/calls/{story.api_call_id}").get_data(as_text=True)


def test_the_rate_is_for_those_who_see_money(
    app: Flask, story: Story, boris: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, Role.VIEWER, RIGHTS[Role.VIEWER] - {Permission.SEE_MONEY})
    tell_whole(app, story)

    assert "Mobile, Moscow" not in boris.get(f"/calls/{story.api_call_id}").get_data(as_text=True)
