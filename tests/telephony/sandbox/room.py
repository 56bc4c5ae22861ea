"""A sandbox switch in simulated time, with people, planners and a journal that tests can look at."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from portal.telephony.engine import (
    CallChange,
    CallSnapshot,
    IncomingCall,
    LegSnapshot,
    Presence,
    RoutePlanner,
)
from portal.telephony.engines.sandbox.callers import CallerScript
from portal.telephony.engines.sandbox.lines import Habit, PhoneSettings
from portal.telephony.engines.sandbox.switch import SandboxSwitch
from portal.telephony.engines.sandbox.tape import Tape
from portal.telephony.engines.timeline import SimulatedTimeline
from portal.telephony.plan import RoutePlan

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANN, BEN, CAT, DAN = (f"SIP/0000000000{number}" for number in range(1, 5))
STRANGER = "79039998877"
DID = "74951234567"
NORTH, SOUTH = 1, 2

QUICK = PhoneSettings(answers_after=(2, 2), hangs_up_after=None)
SLOW = PhoneSettings(answers_after=(8, 8), hangs_up_after=None)
SILENT = PhoneSettings(Habit.NO_ANSWER)
BUSY = PhoneSettings(Habit.BUSY)
OFFLINE = PhoneSettings(Habit.OFFLINE)
DECLINING = PhoneSettings(Habit.DECLINES, answers_after=(3, 3))


def call_id(number: int) -> str:
    return f"{number:032x}"


class People:
    """A directory that lives in memory."""

    def __init__(self, phones: Mapping[int, Mapping[str, PhoneSettings]]) -> None:
        self.by_account = {account_id: dict(each) for account_id, each in phones.items()}

    def phones(self, account_id: int) -> Mapping[str, PhoneSettings]:
        return self.by_account[account_id]


class Says:
    """A planner that answers by a function of the call."""

    def __init__(self, answer: Callable[[IncomingCall, Mapping[str, Presence]], RoutePlan]) -> None:
        self._answer = answer

    def prepare(self, account_ids: Collection[int]) -> None:
        """Everything is at hand."""

    def plan(self, call: IncomingCall, presence: Mapping[str, Presence], now: datetime) -> RoutePlan:
        assert now >= call.arrived_at
        return self._answer(call, presence)


class Pages:
    """A journal that keeps every snapshot in memory."""

    def __init__(self) -> None:
        self.notes: dict[str, list[tuple[CallChange, CallSnapshot]]] = {}

    def record(self, call: CallSnapshot, change: CallChange) -> None:
        self.notes.setdefault(call.api_call_id, []).append((change, call))

    def last(self, number: int) -> CallSnapshot:
        return self.notes[call_id(number)][-1][1]

    def changes(self, number: int) -> list[CallChange]:
        return [change for change, _call in self.notes[call_id(number)]]


class Shelf:
    """A sink that knows which records it was given, and how long they are."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, str]] = []
        self.records: dict[tuple[int, str], tuple[Path, float]] = {}

    def begin(self, account_id: int, api_call_id: str) -> None:
        self.begun.append((account_id, api_call_id))

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        assert path.stat().st_size == 44 + round(2 * 8000 * seconds)
        self.records[account_id, api_call_id] = (path, seconds)


class Room:
    def __init__(
        self,
        folder: Path,
        phones: Mapping[str, PhoneSettings],
        planner: RoutePlanner | RoutePlan,
        journal: Pages | None = None,
    ) -> None:
        self.timeline = SimulatedTimeline(START)
        self.people = People({NORTH: phones, SOUTH: {}})
        self.journal = journal or Pages()
        self.shelf = Shelf()
        self.presences: list[tuple[str, Presence]] = []
        route = planner
        self.switch = SandboxSwitch(
            name="sandbox",
            timeline=self.timeline,
            directory=self.people,
            planner=Says(lambda _call, _presence: route) if isinstance(route, RoutePlan) else route,
            journal=self.journal,
            tape=Tape(folder, self.shelf),
            presence_changed=lambda _account, address, presence: self.presences.append((address, presence)),
            chance=Random(0),
        )

    def incoming(self, patience: float = 120, talk: float = 20, number: int = 1) -> CallSnapshot:
        """One call from a stranger, from beginning to end."""
        self.switch.place_incoming(NORTH, call_id(number), STRANGER, DID, CallerScript(patience, talk))
        self.timeline.run()
        return self.journal.last(number)

    def originate(self, a: str, b: str, number: int = 1) -> CallSnapshot:
        self.switch.originate(NORTH, call_id(number), a, b, did=DID)
        self.timeline.run()
        return self.journal.last(number)


def seconds_of(call: CallSnapshot) -> float:
    """How long the call was up."""
    assert call.ended_at is not None
    return (call.ended_at - call.started_at).total_seconds()


def told(call: CallSnapshot) -> list[tuple[str, str | None]]:
    """The dialled legs: whom, and what came of it."""

    def line(leg: LegSnapshot) -> tuple[str, str | None]:
        return leg.address, leg.result

    return [line(leg) for leg in call.legs[1:]]
