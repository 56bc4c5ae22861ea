"""A leg while its call lives: written by the machine alone."""

from dataclasses import asdict, dataclass
from datetime import datetime

from portal.telephony.engine import LegEnd, LegResult, LegSnapshot, Side
from portal.telephony.plan import StepReason

CALLER_LEG = 1
"""The number of the caller's own leg; dialled phones count on from here."""

_OF_A_PHONE = frozenset({LegResult.NO_ANSWER, LegResult.BUSY, LegResult.OFFLINE, LegResult.DECLINED, LegResult.FAILED})


def dial_result(reported: LegResult) -> LegResult:
    """What came of an unanswered leg, by what a driver says: FAILED where no phone can cause that by itself."""
    return reported if reported in _OF_A_PHONE else LegResult.FAILED


@dataclass(slots=True)
class Leg:
    number: int
    address: str
    side: Side
    started_at: datetime
    label: str = ""
    reason: StepReason | None = None
    round: int = 0
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    result: LegResult | None = None
    end: LegEnd | None = None

    @classmethod
    def of(cls, leg: LegSnapshot) -> "Leg":
        """The leg as it was last noted."""
        return cls(**asdict(leg))

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    def finish(self, result: LegResult, end: LegEnd, at: datetime) -> None:
        """End the leg. One that was answered stays answered, whatever ended it."""
        self.result = LegResult.ANSWERED if self.answered_at is not None else result
        self.end = end
        self.ended_at = at

    def snapshot(self) -> LegSnapshot:
        return LegSnapshot(
            number=self.number,
            address=self.address,
            label=self.label,
            side=self.side,
            reason=self.reason,
            round=self.round,
            started_at=self.started_at,
            rang_at=self.rang_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            result=self.result,
            end=self.end,
        )
