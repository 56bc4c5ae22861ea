"""What routing goes by is read once and kept, and never a moment longer than it is true."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import event, update

from portal.accounts.company import moving
from portal.contacts.models import CrmUser
from portal.kernel.db import db, transaction
from portal.routing.blacklist import block_number, unblock_number
from portal.routing.groups import add_group
from portal.routing.models import HuntGroup, HuntStrategy, RoutingStamp
from portal.routing.queries import new_contact_group
from portal.telephony.engine import Presence
from portal.telephony.lines import add_did
from portal.telephony.plan import FallbackCause
from portal.telephony.queries import sip_lines
from tests.people import Cast
from tests.routing.office import STRANGER, Office, furnish


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    office = furnish(app, cast.north, "Ann", "Ben", "Cat")
    office.receive("Ann", "Ben", "Cat")
    return office


def stamp(office: Office) -> str:
    with office.app.app_context(), transaction(office.account_id, writes=False) as session:
        return session.query(RoutingStamp).one().word


def statements(office: Office) -> list[str]:
    """What the database is asked while one call is planned."""
    heard: list[str] = []
    with office.app.app_context():
        engine = db.engine

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "INSERT")):
            heard.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        office.plan()
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    return [each for each in heard if "set_config" not in each]


def test_a_call_asks_for_the_stamp_and_for_its_caller_and_for_nothing_else(office: Office) -> None:
    office.plan()

    asked = statements(office)

    assert ["routing_stamp" in each for each in asked] == [True, False]
    assert "contact_number" in asked[1]


def test_a_phone_that_rings_is_no_new_rule_and_a_number_of_the_blacklist_is(office: Office) -> None:
    before = stamp(office)
    with office.app.app_context(), transaction(office.account_id):
        sip_lines()[0].presence = Presence.RINGING
    with office.app.app_context(), transaction(office.account_id):
        new_contact_group().last_member_id = None
    assert stamp(office) == before

    with office.app.app_context(), transaction(office.account_id):
        entry_id = block_number(STRANGER).id
    assert stamp(office) != before
    assert office.plan().opening is FallbackCause.BLACKLISTED

    with office.app.app_context(), transaction(office.account_id):
        unblock_number(entry_id)
    assert office.plan().opening is None


def test_another_time_zone_is_a_new_rule(office: Office) -> None:
    """Working hours are kept in it."""
    before = stamp(office)
    with office.app.app_context(), transaction(office.account_id):
        moving.announce_move("Asia/Omsk")
    assert stamp(office) == before

    with office.app.app_context(), transaction(office.account_id):
        moving.finish_move()
    assert stamp(office) != before


def test_what_a_statement_changes_in_many_rows_is_noticed_too(office: Office) -> None:
    assert office.plan().steps
    with office.app.app_context(), transaction(office.account_id) as session:
        session.execute(update(CrmUser).values(is_on_duty=False))

    assert not office.plan().steps


def test_a_change_that_is_taken_back_before_its_end_leaves_the_rules_as_they_were(office: Office) -> None:
    before = stamp(office)
    with office.app.app_context(), pytest.raises(ZeroDivisionError), transaction(office.account_id) as session:
        add_group("Sales")
        session.flush()
        1 / 0  # noqa: B018

    assert stamp(office) == before


def test_one_accounts_change_is_not_anothers(office: Office, cast: Cast) -> None:
    before = stamp(office)
    with office.app.app_context(), transaction(cast.south):
        add_did("74950000009")

    assert stamp(office) == before


def test_calls_that_come_at_once_begin_with_one_after_the_other(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    everybody = threading.Barrier(6)

    def first(_number: int) -> str:
        everybody.wait(10)
        return office.plan().steps[0].targets[0].label

    with ThreadPoolExecutor(6) as callers:
        begun = list(callers.map(first, range(6)))
    office.a_moment_later()

    assert sorted(begun) == ["Ann", "Ann", "Ben", "Ben", "Cat", "Cat"]
    with office.app.app_context(), transaction(office.account_id, writes=False) as session:
        last = session.query(HuntGroup.last_member_id).scalar()
        assert last == new_contact_group().members[2].id


def test_another_process_goes_on_where_the_turn_was_written(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    assert office.plan().steps[0].targets[0].label == "Ann"
    office.a_moment_later()
    with office.app.app_context(), transaction(office.account_id):
        # As an engine of another switch does.
        group = new_contact_group()
        group.last_member_id = group.members[1].id

    assert office.plan().steps[0].targets[0].label == "Cat"
