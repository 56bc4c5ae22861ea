from typing import Any

import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.kernel.errors import NotFound, Refused
from portal.routing.models import FallbackKind, HuntStrategy
from portal.routing.services import set_strategy
from tests.people import Cast
from tests.routing.office import Office, furnish

GOOD: dict[str, Any] = {
    "strategy": "round-robin",
    "ring_seconds": 20,
    "rounds": 3,
    "total_seconds": 90,
}


def choose(office: Office, **changes: Any) -> None:
    with office.app.app_context(), transaction(office.account_id):
        set_strategy(**{**GOOD, **changes})


def test_what_was_chosen_is_kept(office: Office) -> None:
    choose(office)

    row = office.row()
    assert (row.strategy, row.ring_seconds, row.rounds) == (HuntStrategy.ROUND_ROBIN, 20, 3)
    assert row.total_seconds == 90
    assert (row.fallback, row.fallback_address) == (FallbackKind.HANG_UP, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strategy", "weighted"),
        ("ring_seconds", 4),
        ("ring_seconds", 121),
        ("rounds", 0),
        ("rounds", 11),
        ("total_seconds", 9),
        ("total_seconds", 601),
        ("fallback", "voicemail"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_changes_nothing(office: Office, field: str, value: Any) -> None:
    with pytest.raises(Refused) as refusal:
        choose(office, **{field: value})

    assert refusal.value.field == field
    assert refusal.value.message
    assert office.row().strategy == HuntStrategy.SEQUENTIAL


def test_an_outside_number_is_taken_as_people_write_it(office: Office) -> None:
    choose(office, fallback="number", fallback_address=" 8 (495) 123-45-67 ")

    assert office.row().fallback_address == "74951234567"


@pytest.mark.parametrize("written", ["", None, "nobody", "12"])
def test_a_fallback_that_leads_nowhere_is_refused(office: Office, written: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        choose(office, fallback="number", fallback_address=written)

    assert refusal.value.field == "fallback_address"


def test_a_fallback_may_be_an_own_sip_account(office: Office) -> None:
    choose(office, fallback="sip-line", fallback_address=office.address["Cat"])

    assert office.row().fallback_address == office.address["Cat"]


def test_another_companys_sip_account_looks_like_none(office: Office, cast: Cast) -> None:
    furnish(office.app, cast.south, *(f"Z{number}" for number in range(5)))

    with pytest.raises(NotFound):
        choose(office, fallback="sip-line", fallback_address="SIP/00000000675")


def test_hanging_up_forgets_the_address(office: Office) -> None:
    choose(office, fallback="number", fallback_address="84951234567")
    choose(office, fallback="hang-up", fallback_address="84951234567")

    assert office.row().fallback_address is None


def test_every_new_account_has_a_group_without_members(app: Flask, cast: Cast) -> None:
    south = Office(app, cast.south, {}, {})

    assert south.receivers() == []
    assert south.row().strategy == HuntStrategy.SEQUENTIAL
