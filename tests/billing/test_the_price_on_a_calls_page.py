"""A call's page says what the call cost and by which rate."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask

from portal.accounts.roles import RIGHTS, Role
from portal.billing.models import AccountPlan, Tariff, TariffRate
from portal.kernel.db import transaction
from portal.telephony.engine import CallKind
from portal.web.access import Permission
from tests.browser import Browser
from tests.calls.factory import CALLER, NOON, OLGA_PHONE, Story, tell, tell_whole
from tests.people import Cast


@pytest.fixture
def story(app: Flask, cast: Cast) -> Story:
    """A call of a minute from Olga's phone, at a rate of North's tariff."""
    rate = TariffRate(
        kind=CallKind.OUTGOING, prefix="7903", name="Mobile, Moscow", per_minute=Decimal("1.80"), valid_from=NOON
    )
    with app.app_context(), transaction() as session:
        tariff = Tariff(name="Plain", monthly_fee=Decimal(0), included=Decimal(0), rates=[rate])
        session.add(tariff)
        session.flush()
        tariff_id = tariff.id
    with app.app_context(), transaction(cast.north) as session:
        session.add(AccountPlan(tariff_id=tariff_id, valid_from=NOON))
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
