"""A switch on a fake Asterisk with nothing else around it: no database, plans and phones from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from portal.kernel.config.asterisk import AsteriskSettings
from portal.telephony.engine import CallSnapshot, IncomingCall, OutgoingCall
from portal.telephony.engines.asterisk.ari import Ari, door_to_switch
from portal.telephony.engines.asterisk.driver import Equipment
from portal.telephony.engines.asterisk.feed import Feed
from portal.telephony.engines.asterisk.lanes import Lanes
from portal.telephony.engines.asterisk.names import Names
from portal.telephony.engines.asterisk.presence import PhoneBoard
from portal.telephony.engines.asterisk.records import RecordKeeper
from portal.telephony.engines.asterisk.switch import AsteriskSwitch
from portal.telephony.engines.asterisk.world import Channel
from portal.telephony.plan import RoutePlan
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.fake_server import PASSWORD, USER
from tests.telephony.exchange import until
from tests.telephony.fast_time import FastTimeline
from tests.telephony.sandbox.room import NORTH, Pages


class Shelf:
    """A sink that wants every record."""

    def __init__(self) -> None:
        self.records: dict[tuple[int, str], float] = {}

    def begin(self, account_id: int, api_call_id: str) -> None:
        self.records[account_id, api_call_id] = 0.0

    def complete(self, account_id: int, api_call_id: str, path: Path, seconds: float) -> None:
        assert path.stat().st_size > 44
        self.records[account_id, api_call_id] = seconds


class EverybodysLines:
    """Every endpoint is North's."""

    def owner(self, endpoint: str) -> tuple[int, str] | None:
        return NORTH, f"SIP/{endpoint}"

    def endpoint(self, _account_id: int, address: str) -> str | None:
        return address.removeprefix("SIP/")

    def addresses(self, _account_id: int) -> tuple[str, ...]:
        return ()

    def account_of_did(self, _number: str) -> int | None:
        return NORTH

    def dids(self, _account_id: int) -> tuple[str, ...]:
        return ()

    def endpoints(self) -> tuple[str, ...]:
        return ()


class PlansByNumber:
    """The call's id and its plan, by the number that was dialled."""

    def __init__(self, plans: Mapping[str, tuple[str, RoutePlan]]) -> None:
        self._plans = plans

    def receive(
        self, channel: Channel, at: datetime, done: Callable[[IncomingCall | OutgoingCall | None], None]
    ) -> None:
        did = channel.stasis[1]
        done(IncomingCall(NORTH, self._plans[did][0], channel.caller, did, at))

    def route(self, call: IncomingCall, done: Callable[[RoutePlan], None]) -> None:
        done(self._plans[call.did][1])


@contextmanager
def bare_switch(
    fake: FakeAsterisk, folder: Path, plans: Mapping[str, tuple[str, RoutePlan]], speed: float
) -> Iterator[Pages]:
    """The switch, listening; what it notes."""
    timeline, pages = FastTimeline(speed), Pages()
    settings = AsteriskSettings(fake.server.url, USER, PASSWORD, "portal", "PJSIP/{number}@trunk")
    lines, recorder = EverybodysLines(), ThreadPoolExecutor(2)
    with door_to_switch() as door:
        ari = Ari(settings, door)
        aside = ari.aside(timeline)
        lanes = Lanes(aside, timeline)
        records = RecordKeeper(ari, folder, Shelf(), recorder.submit)
        names = Names.of_a_new_life()
        equipment = Equipment(timeline, settings.app, lanes, lines, names, pages, records, settings.trunk)
        switch = AsteriskSwitch("fake", equipment, PlansByNumber(plans), PhoneBoard(lines, lambda *_: None))

        def opened() -> None:
            timeline.post(switch.begin_settling)
            timeline.post(switch.end_settling)

        feed = Feed(settings, ari, timeline, opened=opened, heard=switch.hear, lost=lambda: timeline.post(switch.lose))
        timeline.start()
        feed.start()
        until(lambda: switch.is_up)
        try:
            yield pages
        finally:
            feed.stop()
            lanes.stop()
            timeline.stop()
            aside.close()
            recorder.shutdown()


def ended(pages: Pages, call_id: str) -> CallSnapshot:
    """The call's last note, when nothing can follow."""

    def look() -> CallSnapshot | None:
        notes = pages.notes.get(call_id)
        return notes[-1][1] if notes and notes[-1][1].ended_at is not None else None

    return until(look)
