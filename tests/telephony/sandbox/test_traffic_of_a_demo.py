from collections.abc import Mapping
from itertools import count
from pathlib import Path
from random import Random

from portal.telephony.engine import CallKind, IncomingCall, Presence
from portal.telephony.engines.sandbox.lines import PhoneSettings
from portal.telephony.engines.sandbox.traffic import Traffic, TrafficLine
from portal.telephony.plan import RingStep, RoutePlan, StepReason, Target
from tests.telephony.sandbox.room import ANN, BEN, CAT, DAN, DID, NORTH, Room, Says, call_id

KNOWN = ("79161112233", "79261112234")


def everybody(_call: IncomingCall, presence: Mapping[str, Presence]) -> RoutePlan:
    targets = tuple(Target(address) for address, state in presence.items() if state is Presence.ONLINE)
    return RoutePlan((RingStep(targets, 20, StepReason.HUNT),), 60)


def traffic(room: Room) -> Traffic:
    numbers = count(1)
    line = TrafficLine(NORTH, DID, KNOWN)
    return Traffic(room.switch, room.timeline, [line], lambda: call_id(next(numbers)), Random(3), calls_per_minute=4)


def room(folder: Path) -> Room:
    return Room(folder, dict.fromkeys((ANN, BEN, CAT, DAN), PhoneSettings(hangs_up_after=(1, 5))), Says(everybody))


def test_a_few_calls_a_minute_come_of_every_kind_until_it_is_stopped(tmp_path: Path) -> None:
    place = room(tmp_path)
    calls = traffic(place)
    calls.start()
    calls.start()
    place.timeline.advance(600)
    calls.stop()
    placed = len(place.journal.notes)
    assert 30 <= placed <= 50
    place.timeline.run()
    finished = [place.journal.last(number) for number in range(1, placed + 1)]
    assert {call.kind for call in finished} == {CallKind.INCOMING, CallKind.OUTGOING}
    assert set(KNOWN) < {call.caller for call in finished}
    assert all(call.ended_at for call in finished)


def test_the_same_seed_gives_the_same_calls(tmp_path: Path) -> None:
    stories = []
    for _ in range(2):
        place = room(tmp_path)
        calls = traffic(place)
        calls.start()
        place.timeline.advance(200)
        stories.append(place.journal.notes)
    assert stories[0] == stories[1]


def test_without_lines_there_is_no_traffic(tmp_path: Path) -> None:
    place = room(tmp_path)
    Traffic(place.switch, place.timeline, [], lambda: call_id(1), Random(1)).start()
    place.timeline.run()
    assert place.journal.notes == {}


def test_a_trouble_of_one_tick_does_not_end_the_traffic(tmp_path: Path) -> None:
    place = room(tmp_path)
    lines = [TrafficLine(NORTH, DID), TrafficLine(999, DID)]
    numbers = count(1)
    calls = Traffic(place.switch, place.timeline, lines, lambda: call_id(next(numbers)), Random(5))
    calls.start()
    place.timeline.advance(600)
    assert len(place.journal.notes) > 10
