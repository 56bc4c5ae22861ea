"""The connected CRM says who looks after a caller, within the call's budget and whatever its troubles are."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from portal.connectors.models import CrmLink
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.routing.known_rules import set_known_contacts
from portal.routing.lookup import LookupResult
from portal.telephony.plan import StepReason
from tests.connectors.amocrm import AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.office import connect_amo, connect_application, connect_webhook, join
from tests.connectors.server import Said
from tests.contacts.desk import inside
from tests.people import Cast
from tests.routing.conftest import office
from tests.routing.office import STRANGER, Office, rung
from tests.routing.test_ask_the_crm import state, until_kept

__all__ = ["office"]


def ask(office: Office, budget_ms: int = 3000) -> None:
    with inside(office.app, office.account_id):
        set_known_contacts("first", ["lookup"], owner_seconds=15, last_talk_hours=24, budget_ms=budget_ms)


def owner(office: Office, caller: str = STRANGER) -> list[list[str]]:
    return rung(office.plan(caller), StepReason.OWNER)


def test_amocrm_names_the_contacts_manager(office: Office, amo: AmoCrmServer) -> None:
    connect_amo(office.app, office.account_id, amo)
    join(office.app, office.account_id, Ben="12")
    amo.know("8 (903) 999-88-77", owner=12)
    ask(office)

    assert owner(office) == [["Ben"]]


def test_what_amocrm_finds_by_another_field_is_not_the_caller(office: Office, amo: AmoCrmServer) -> None:
    connect_amo(office.app, office.account_id, amo)
    join(office.app, office.account_id, Ben="12")
    amo.know("+7 495 999-88-77", owner=12)
    ask(office)

    assert owner(office) == []
    assert until_kept(office, LookupResult.NOBODY).result == "nobody"


def test_a_number_that_amocrm_does_not_know_is_204(office: Office, amo: AmoCrmServer) -> None:
    connect_amo(office.app, office.account_id, amo)
    ask(office)

    assert owner(office) == []
    assert until_kept(office, LookupResult.NOBODY).failures == 0


def test_bitrix24_names_the_cards_manager(office: Office, bitrix: Bitrix24Server) -> None:
    connect_webhook(office.app, office.account_id, bitrix)
    join(office.app, office.account_id, Cat="7")
    bitrix.know(STRANGER, owner=7)
    ask(office)

    assert owner(office) == [["Cat"]]


def test_a_manager_who_was_not_brought_in_is_a_stranger(office: Office, bitrix: Bitrix24Server) -> None:
    connect_webhook(office.app, office.account_id, bitrix)
    bitrix.know(STRANGER, owner=7)
    ask(office)

    assert owner(office) == []
    assert until_kept(office, LookupResult.STRANGER).detail == "7"


def test_a_slow_crm_delays_no_call_and_its_answer_serves_the_next(office: Office, amo: AmoCrmServer) -> None:
    connect_amo(office.app, office.account_id, amo)
    join(office.app, office.account_id, Ben="12")
    amo.know(STRANGER, owner=12)
    amo.delay = 1.2
    ask(office, budget_ms=300)

    assert owner(office) == []
    until_kept(office, LookupResult.LATE)
    assert owner(office) == [["Ben"]]


@pytest.mark.parametrize(
    "said", [Said(429), Said(500), Said(200, b"{broken"), Said(401), Said(200, b'{"_embedded": {"contacts": "x"')]
)
def test_a_crm_in_trouble_is_noted_and_the_call_goes_on(office: Office, amo: AmoCrmServer, said: Said) -> None:
    connect_amo(office.app, office.account_id, amo)
    amo.faults.extend([said] * 3)
    ask(office)

    assert owner(office) == []
    assert "amoCRM" in until_kept(office, LookupResult.FAILED).detail


def test_a_token_that_is_over_is_renewed_while_the_call_waits(office: Office, bitrix: Bitrix24Server) -> None:
    connect_application(office.app, office.account_id, bitrix)
    join(office.app, office.account_id, Cat="7")
    bitrix.know(STRANGER, owner=7)
    bitrix.expire()
    ask(office)

    assert owner(office) == [["Cat"]]
    assert bitrix.renewals == 1


def test_a_token_is_renewed_before_its_end(office: Office, bitrix: Bitrix24Server, cast: Cast) -> None:
    connect_application(office.app, office.account_id, bitrix)
    with inside(office.app, office.account_id):
        db.session.execute(update(CrmLink).values(token_until=now() + timedelta(seconds=30)))
    ask(office)

    owner(office)
    until_kept(office, LookupResult.NOBODY)
    assert bitrix.renewals == 1


def test_without_a_crm_nobody_is_asked(app: Flask, office: Office, amo: AmoCrmServer) -> None:
    connect_amo(office.app, office.account_id, amo)
    ask(office)
    with inside(office.app, office.account_id):
        db.session.delete(db.session.query(CrmLink).one())

    assert owner(office) == []
    assert state(office) is None
