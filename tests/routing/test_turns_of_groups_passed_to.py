"""Round robin of a group that takes calls as a fallback: its place is its own, and moves when it is really rung."""

from collections import deque
from datetime import timedelta
from typing import Any

import pytest

from portal.calls.journal.ingest import Journal
from portal.kernel.db import transaction
from portal.routing.groups import change_group
from portal.routing.models import HuntStrategy
from portal.telephony.control.commands import Command, Dial, Note
from portal.telephony.control.events import Arrived, Event, LegAnswered, LegEnded, LegRinging, Routed
from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.engine import LegResult
from portal.telephony.plan import FallbackCause
from tests.routing.office import NOON, Office
from tests.routing.test_decide_in_order import fallback_steps, group, pass_on
from tests.routing.test_plan_a_call import BUSY, OFFLINE

ROUND_ROBIN = HuntStrategy.ROUND_ROBIN


class Played:
    """A call that everybody declines, written down as it goes; the phone of `until` goes on ringing."""

    def __init__(self, office: Office, until: str = "", **absent: Any) -> None:
        self._machine = IncomingCallMachine(office.call(), "sandbox")
        self._journal = Journal(office.app)
        self._names = {address: name for name, address in office.address.items()}
        self._until = until
        self._now = NOON
        self._coming: deque[Event] = deque()
        self.rung: list[str] = []
        self.take(Arrived(), Routed(office.plan(**absent)))

    def take(self, *events: Event) -> None:
        """These, and all that follows of them."""
        self._coming.extend(events)
        while self._coming:
            self._now += timedelta(seconds=1)
            for command in self._machine.on(self._coming.popleft(), self._now):
                self._hear(command)

    def answer(self) -> None:
        """The phone that rings is taken off; the caller's own leg is number 1."""
        self.take(LegAnswered(len(self.rung) + 1))

    def _hear(self, command: Command) -> None:
        match command:
            case Note(call=noted, change=change):
                self._journal.record(noted, change)
            case Dial(leg=leg, address=address):
                self.rung.append(self._names[address])
                self._coming.append(LegRinging(leg))
                if self._names[address] != self._until:
                    self._coming.append(LegEnded(leg, LegResult.DECLINED))


def play(office: Office, until: str = "", **absent: Any) -> list[str]:
    """Who rang."""
    return Played(office, until, **absent).rung


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


@pytest.mark.usefixtures("second")
def test_an_answer_does_not_move_it_back(office: Office) -> None:
    call = Played(office, until="Ben")
    play(office, Ben=BUSY)
    call.answer()

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
