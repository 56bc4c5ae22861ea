"""A call that is over is written into the CRM once, with its record's link, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from portal.connectors.models import CrmCall, CrmLink
from portal.connectors.telling.carrier import CrmCarrier
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.telephony.engine import CallKind
from tests.browser import Browser
from tests.calls.factory import CALLER, Story, tell_whole
from tests.connectors.amocrm import AmoCrmServer
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.office import connect_webhook, join, link_of
from tests.connectors.server import Said
from tests.contacts.desk import inside
from tests.integration.desk import Desk
from tests.people import Cast


def rest_is_over(app: Flask, account_id: int) -> None:
    """Time passes."""
    with inside(app, account_id):
        db.session.execute(update(CrmLink).values(resting_until=None))
        db.session.execute(update(CrmCall).where(CrmCall.due_at.is_not(None)).values(due_at=now()))


def page_of(browser: Browser, story: Story) -> str:
    return browser.get(f"/calls/{story.api_call_id}").get_data(as_text=True)


def test_amocrm_has_the_call_in_the_contacts_card(
    app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer
) -> None:
    amo_office.know("8 903 999-88-77", owner=12)
    story = tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 1

    (call,) = amo_office.calls
    assert (call["direction"], call["duration"], call["call_status"]) == ("inbound", 60, 4)
    assert (call["phone"], call["uniq"], call["call_responsible"]) == (f"+{CALLER}", story.api_call_id, 12)
    page = page_of(anna, story)
    assert "записан в amoCRM" in page
    assert "/contacts/detail/101" in page
    assert CrmCarrier(app).round() == 0, "once"


def test_an_outgoing_call_that_nobody_took_is_told_as_one(app: Flask, cast: Cast, amo_office: AmoCrmServer) -> None:
    amo_office.know(CALLER, owner=12)
    phone = "SIP/00000000672"
    tell_whole(
        app,
        Story(cast.north, kind=CallKind.OUTGOING, caller=phone, callee=CALLER, did=None, answered_after=None),
    )

    CrmCarrier(app).round()

    (call,) = amo_office.calls
    assert (call["direction"], call["duration"], call["call_status"]) == ("outbound", 0, 6)
    assert call["call_responsible"] == 12


def test_an_internal_call_and_a_withheld_number_are_nobodys(app: Flask, cast: Cast, amo_office: AmoCrmServer) -> None:
    tell_whole(app, Story(cast.north, kind=CallKind.INTERNAL, caller="SIP/00000000673", did=None))
    tell_whole(app, Story(cast.north, caller=""))

    assert CrmCarrier(app).round() == 0
    assert amo_office.asked == []


def test_a_stranger_is_refused_and_the_call_page_says_why(
    app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer
) -> None:
    story = tell_whole(app, Story(cast.north))

    CrmCarrier(app).round()
    assert "нет контакта с таким номером" in page_of(anna, story)
    assert amo_office.calls == []

    amo_office.know(CALLER, owner=12)
    assert anna.submit(f"/connectors/calls/{story.api_call_id}").status_code == 303
    CrmCarrier(app).round()
    assert len(amo_office.calls) == 1
    assert anna.submit(f"/connectors/calls/{story.api_call_id}").status_code == 409


def test_a_stranger_becomes_a_contact_where_that_is_wanted(
    app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer
) -> None:
    anna.submit("/connectors/switches", {"writes_calls": "y", "creates_contacts": "y"})
    tell_whole(app, Story(cast.north))

    CrmCarrier(app).round()

    assert len(amo_office.contacts) == len(amo_office.calls) == 1


def test_an_answer_that_was_lost_writes_no_second_call(app: Flask, cast: Cast, amo_office: AmoCrmServer) -> None:
    amo_office.know(CALLER, owner=12)
    amo_office.loses_answers = True
    tell_whole(app, Story(cast.north))
    assert CrmCarrier(app).round() == 0
    amo_office.loses_answers = False

    rest_is_over(app, cast.north)
    assert CrmCarrier(app).round() == 1

    assert len(amo_office.calls) == 1


def test_a_crm_that_is_away_gets_the_call_later(
    app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer
) -> None:
    amo_office.know(CALLER, owner=12)
    amo_office.faults.append(Said(503))
    story = tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 0
    assert "неполадка" in page_of(anna, story)
    link = link_of(app, cast.north)
    assert link is not None
    assert link.trouble == "fault"

    rest_is_over(app, cast.north)
    assert CrmCarrier(app).round() == 1
    assert "неполадка" not in page_of(anna, story)


def test_a_limit_that_is_reached_is_waited_for(app: Flask, cast: Cast, amo_office: AmoCrmServer) -> None:
    amo_office.know(CALLER, owner=12)
    amo_office.faults.append(Said(429, headers={"Retry-After": "7"}))
    tell_whole(app, Story(cast.north))
    before = now()

    CrmCarrier(app).round()

    link = link_of(app, cast.north)
    assert link is not None
    assert link.resting_until is not None
    assert timedelta(seconds=6) < link.resting_until - before < timedelta(seconds=60)


def test_amocrms_seven_in_a_second_are_kept(app: Flask, cast: Cast, amo_office: AmoCrmServer) -> None:
    amo_office.know(CALLER, owner=12)
    for _number in range(10):
        tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 10
    assert len(amo_office.calls) == 10


def test_bitrix24_registers_and_finishes_in_the_employees_name(
    app: Flask, cast: Cast, anna: Browser, bitrix_office: Bitrix24Server
) -> None:
    story = tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 1

    (call,) = bitrix_office.calls.values()
    assert (call["TYPE"], call["USER_ID"], call["DURATION"], call["STATUS_CODE"]) == (2, "5", 60, "200")
    assert (call["EXTERNAL_CALL_ID"], call["LINE_NUMBER"]) == (story.api_call_id, "74951234567")
    assert call["CALL_START_DATE"].endswith("+00:00")
    assert "записан в Bitrix24" in page_of(anna, story)


def test_an_inbound_webhook_is_not_asked_for_what_it_may_not(
    app: Flask, cast: Cast, desk: Desk, bitrix: Bitrix24Server
) -> None:
    connect_webhook(app, cast.north, bitrix)
    join(app, cast.north, Olga="5")
    tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 0
    assert bitrix.asked == []


def test_bitrix24s_full_bucket_is_waited_for(app: Flask, cast: Cast, bitrix_office: Bitrix24Server) -> None:
    bitrix_office.faults.append(Said(503, {"error": "QUERY_LIMIT_EXCEEDED"}))
    tell_whole(app, Story(cast.north))

    assert CrmCarrier(app).round() == 0
    rest_is_over(app, cast.north)
    assert CrmCarrier(app).round() == 1
    assert len(bitrix_office.calls) == 1


def test_a_call_that_was_finished_unheard_is_not_finished_twice(
    app: Flask, cast: Cast, bitrix_office: Bitrix24Server
) -> None:
    story = tell_whole(app, Story(cast.north))
    call_id = f"externalCall.{story.api_call_id}"
    bitrix_office.calls[call_id] = {"finished": 1}
    bitrix_office.screens[call_id] = []
    bitrix_office.faults.append(Said(500))
    assert CrmCarrier(app).round() == 0

    rest_is_over(app, cast.north)

    assert CrmCarrier(app).round() == 1


def test_all_that_was_given_up_is_told_again(app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer) -> None:
    for _number in range(3):
        tell_whole(app, Story(cast.north))
    CrmCarrier(app).round()
    amo_office.know(CALLER, owner=12)
    assert "/connectors/calls" in anna.get("/connectors").get_data(as_text=True)

    assert anna.submit("/connectors/calls").status_code == 303
    CrmCarrier(app).round()

    assert len(amo_office.calls) == 3


def test_nothing_is_written_where_that_is_switched_off(
    app: Flask, cast: Cast, anna: Browser, amo_office: AmoCrmServer
) -> None:
    anna.submit("/connectors/switches", {"shows_cards": "y"})
    tell_whole(app, Story(cast.north))

    CrmCarrier(app).round()

    assert amo_office.calls == []


def test_a_strangers_calls_are_told_to_nobodys_crm(
    app: Flask, cast: Cast, clara: Browser, amo_office: AmoCrmServer
) -> None:
    amo_office.know(CALLER, owner=12)
    story = tell_whole(app, Story(cast.north))
    tell_whole(app, Story(cast.south))

    assert CrmCarrier(app).round() == 1
    assert clara.submit(f"/connectors/calls/{story.api_call_id}").status_code == 404


def test_a_viewer_repeats_nothing(
    app: Flask, cast: Cast, boris: Browser, amo_office: AmoCrmServer, browse: Callable[..., Browser]
) -> None:
    story = tell_whole(app, Story(cast.north))
    CrmCarrier(app).round()

    assert "amoCRM" in page_of(boris, story)
    assert boris.submit(f"/connectors/calls/{story.api_call_id}").status_code == 403
