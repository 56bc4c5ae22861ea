"""Bitrix24 takes no call without a user: one that rang nobody is written in somebody's name all the same."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.connectors.telling.carrier import CrmCarrier
from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.kernel.db import db
from tests.calls.factory import CALLER, Story, tell_whole
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.office import connect_application
from tests.contacts.desk import inside
from tests.integration.desk import Desk
from tests.people import Cast


def rang_nobody(account_id: int) -> Story:
    """Closed, or everybody was away: the caller was told so, and no phone rang."""
    return Story(account_id, answered_after=None, rings=False)


def test_bitrix24_has_a_call_that_rang_nobody_in_the_name_of_the_cards_owner(
    app: Flask, cast: Cast, bitrix_office: Bitrix24Server
) -> None:
    bitrix_office.know(CALLER, owner=9)
    tell_whole(app, rang_nobody(cast.north))

    assert CrmCarrier(app).round() == 1

    (call,) = bitrix_office.calls.values()
    assert (call["USER_ID"], call["STATUS_CODE"], call["finished"]) == ("9", "304", 1)


@pytest.mark.parametrize("owner", [None, 0])
def test_bitrix24_has_a_strangers_call_that_rang_nobody_in_the_name_of_who_let_us_in(
    app: Flask, cast: Cast, bitrix_office: Bitrix24Server, owner: int | None
) -> None:
    if owner is not None:
        bitrix_office.know(CALLER, owner=owner)
    tell_whole(app, rang_nobody(cast.north))

    assert CrmCarrier(app).round() == 1

    (call,) = bitrix_office.calls.values()
    assert (call["USER_ID"], call["STATUS_CODE"]) == ("1", "304")


def test_a_call_that_rang_nobody_is_of_the_contacts_own_crm_user(
    app: Flask, cast: Cast, bitrix_office: Bitrix24Server
) -> None:
    bitrix_office.know(CALLER, owner=9)
    with inside(app, cast.north):
        olga = db.session.scalars(select(CrmUser).where(CrmUser.name.startswith("Olga"))).one()
        db.session.add(Contact(name="Maria", crm_user_id=olga.id, numbers=[ContactNumber(number=CALLER)]))
    tell_whole(app, rang_nobody(cast.north))

    CrmCarrier(app).round()

    (call,) = bitrix_office.calls.values()
    assert call["USER_ID"] == "5"


def test_bitrix24_has_the_calls_also_where_no_user_was_brought_in(
    app: Flask, cast: Cast, desk: Desk, bitrix: Bitrix24Server
) -> None:
    connect_application(app, cast.north, bitrix)
    tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 1
    (call,) = bitrix.calls.values()
    assert (call["USER_ID"], call["STATUS_CODE"]) == ("1", "200")
