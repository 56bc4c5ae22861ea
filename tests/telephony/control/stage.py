"""A machine played by hand: events at seconds after the start, and what it wants done."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from portal.telephony.control.commands import Command, Note
from portal.telephony.control.events import Arrived, Event, Routed
from portal.telephony.control.incoming import IncomingCallMachine
from portal.telephony.control.machine import CallMachine
from portal.telephony.control.outgoing import OutgoingCallMachine
from portal.telephony.engine import CallChange, CallSnapshot, IncomingCall, LegResult, OutgoingCall
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, StepReason, Target

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CALL_ID = "0123456789abcdef0123456789abcdef"
ANN, BEN, CAT, DAN = (f"SIP/0000000000{number}" for number in range(1, 5))
STRANGER = "79039998877"
DID = "74951234567"

AnyCommand = TypeVar("AnyCommand")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def step(*addresses: str, seconds: int = 15, reason: StepReason = StepReason.HUNT, round_: int = 1) -> RingStep:
    return RingStep(tuple(Target(address) for address in addresses), seconds, reason, round_)


def fallback(*addresses: str, announcement: str | None = None, seconds: int = 20) -> Fallback:
    steps = tuple(step(address, seconds=seconds, reason=StepReason.FALLBACK) for address in addresses)
    return Fallback(steps, announcement)


def plan(
    *steps: RingStep, total: int = 120, record: bool = True, fallbacks: Mapping[FallbackCause, Fallback] | None = None
) -> RoutePlan:
    return RoutePlan(steps, total, fallbacks or {}, record=record)


class Stage:
    def __init__(self, machine: CallMachine) -> None:
        self.machine = machine
        self.commands: list[Command] = []

    def at(self, seconds: float, *events: Event) -> list[Command]:
        """Feed the events at that moment; what they made the machine want, notes left out."""
        new = [command for event in events for command in self.machine.on(event, after(seconds))]
        self.commands += new
        return [command for command in new if not isinstance(command, Note)]

    @property
    def changes(self) -> list[CallChange]:
        return [command.change for command in self.commands if isinstance(command, Note)]

    @property
    def call(self) -> CallSnapshot:
        return self.machine.snapshot()

    def wanted(self, kind: type[AnyCommand]) -> list[AnyCommand]:
        return [command for command in self.commands if isinstance(command, kind)]

    @property
    def results(self) -> Sequence[LegResult | None]:
        return [leg.result for leg in self.call.legs]


def incoming(route: RoutePlan | None = None) -> Stage:
    """A stranger's call, routed at once where a plan is given."""
    stage = Stage(IncomingCallMachine(IncomingCall(7, CALL_ID, STRANGER, DID, START), "sandbox"))
    stage.at(0, Arrived())
    if route is not None:
        stage.at(0, Routed(route))
    return stage


def outgoing(callee: str = STRANGER, *, record: bool = True) -> Stage:
    """A call of Ann's, not begun yet."""
    return Stage(OutgoingCallMachine(OutgoingCall(7, CALL_ID, ANN, callee, START, DID, record), "sandbox"))
