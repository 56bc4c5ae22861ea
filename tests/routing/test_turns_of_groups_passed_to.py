"""Round robin of a group that takes calls as a fallback: its place is its own, and moves when it is really rung."""

from collections import deque
from datetime import timedelta

import pytest

from portal.calls.journal.ingest import Journal
from portal.kernel.db import transaction
from portal.routing.groups import change_group
from portal.routing.models import HuntStrategy
from portal.telephony.control.commands import Command, Dial, Note
from portal.telephony.control.events import Arrived, Event, LegEnded, LegRinging, Routed
from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.engine import LegResult
from portal.telephony.plan import FallbackCause
from tests.routing.office import NOON, Office
from tests.routing.test_decide_in_order import fallback_steps, group, pass_on
from tests.routing.test_plan_a_call import OFFLINE

ROUND_ROBIN = HuntStrategy.ROUND_ROBIN


def play(office: Office, *, until: str = "", **absent: object) -> list[str]:
    """A call that everybody declines, written down as it goes; who rang. The phone of `until` goes on ringing."""
    call = office.call()
    machine, journal = IncomingCallMachine(call, "sandbox"), Journal(office.app)
    names = {address: name for name, address in office.address.items()}
    plan = office.plan(**absent)  # type: ignore[arg-type]
    coming: deque[Event] = deque([Arrived(), Routed(plan)])
    rung: list[str] = []
    now = NOON

    def hear(command: Command) -> None:
        match command:
            case Note(call=noted, change=change):
                journal.record(noted, change)
            case Dial(leg=leg, address=address):
                rung.append(names[address])
                coming.append(LegRinging(leg))
                if names[address] != until:
                    coming.append(LegEnded(leg, LegResult.DECLINED))

    while coming:
        now += timedelta(seconds=1)
        for command in machine.on(coming.popleft(), now):
            hear(command)
    return rung


@pytest.fixture
def second(office: Office) -> int:
    """Calls that Ann does not take go to Ben and Cat, by turns."""
    office.receive("Ann")
    made = group(office, "Second", "Ben", "Cat", strategy=ROUND_ROBIN)
    pass_on(office, made)
    return made


def planned(office: Office) -> list[str]:
    return [name for name, _seconds, _round in fallback_steps(office.plan(), FallbackCause.NOBODY_ANSWERED)]


@pytest.mark.usefixtures("second")
def test_each_call_that_is_passed_on_begins_with_the_next_one(office: Office) -> None:
    assert play(office) == ["Ann", "Ben", "Cat"]
    assert play(office) == ["Ann", "Cat", "Ben"]
    assert play(office) == ["Ann", "Ben", "Cat"]


@pytest.mark.usefixtures("second")
def test_a_call_that_does_not_get_so_far_leaves_the_place(office: Office) -> None:
    assert play(office, until="Ann") == ["Ann"]

    assert planned(office) == ["Ben", "Cat"]


@pytest.mark.usefixtures("second")
def test_the_place_moves_while_the_phone_still_rings(office: Office) -> None:
    assert play(office, until="Ben") == ["Ann", "Ben"]

    assert planned(office) == ["Cat", "Ben"]


@pytest.mark.usefixtures("second")
def test_it_counts_from_whom_it_really_began_with(office: Office) -> None:
    assert play(office, Ben=OFFLINE) == ["Ann", "Cat"]

    assert planned(office) == ["Ben", "Cat"]


def test_each_of_two_groups_on_the_way_has_its_own_place(office: Office, second: int) -> None:
    third = group(office, "Third", "Cat", "Ann", strategy=ROUND_ROBIN)
    settings = {"strategy": ROUND_ROBIN, "ring_seconds": 10, "rounds": 1, "total_seconds": 60}
    with office.app.app_context(), transaction(office.account_id):
        change_group(second, "Second", [office.user["Ben"]], **settings, fallback="group", fallback_group_id=third)

    assert play(office) == ["Ann", "Ben", "Cat", "Ann"]
    assert play(office) == ["Ann", "Ben", "Ann", "Cat"]
    assert play(office, until="Ben") == ["Ann", "Ben"]
    assert play(office) == ["Ann", "Ben", "Cat", "Ann"]
