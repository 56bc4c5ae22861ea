"""An engine on a fake Asterisk, with an account whose phones it has."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask

from portal.calls.models import CallRecord
from portal.kernel.config import Settings
from portal.kernel.db import transaction
from portal.telephony.engine import Presence
from portal.telephony.engines.sandbox.lines import Habit, PhoneSettings
from portal.telephony.queries import find_sip_line
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.fake_server import PASSWORD
from tests.telephony.exchange import IGOR, OLGA, engine, until
from tests.telephony.fast_time import FastTimeline

SPEED = 20.0
QUICK = PhoneSettings(answers_after=(2, 2), hangs_up_after=None)
SLOW = PhoneSettings(answers_after=(8, 8), hangs_up_after=None)
SILENT = PhoneSettings(Habit.NO_ANSWER)
DECLINING = PhoneSettings(Habit.DECLINES, answers_after=(3, 3))
BUSY = PhoneSettings(Habit.BUSY)
OFFLINE = PhoneSettings(Habit.OFFLINE)


def endpoint(address: str) -> str:
    return address.removeprefix("SIP/")


@contextmanager
def fake_asterisk(phones: Mapping[str, PhoneSettings] | None = None, *, speed: float = SPEED) -> Iterator[FakeAsterisk]:
    """By address; Olga and Igor answer after two seconds where nothing else is said."""
    people = {OLGA: QUICK, IGOR: QUICK} | dict(phones or {})
    fake = FakeAsterisk({endpoint(each): settings for each, settings in people.items()}, FastTimeline(speed))
    try:
        yield fake
    finally:
        fake.stop()


@contextmanager
def on_asterisk(app: Flask, fake: FakeAsterisk, *, speed: float = SPEED) -> Iterator[None]:
    """The app's engine drives the fake meanwhile."""
    before: Settings = app.extensions["portal.settings"]
    there = dataclasses.replace(before.asterisk, url=fake.server.url, password=PASSWORD)
    app.extensions["portal.settings"] = dataclasses.replace(before, engine="asterisk", asterisk=there)
    try:
        with engine(app, speed=speed):
            until(lambda: fake.is_heard)
            yield
    finally:
        app.extensions["portal.settings"] = before


def presence_of(app: Flask, account_id: int, address: str) -> str:
    with app.app_context(), transaction(account_id, writes=False):
        line = find_sip_line(address)
        assert line is not None
        return line.presence


def is_online(app: Flask, account_id: int, address: str = OLGA) -> bool:
    return presence_of(app, account_id, address) == Presence.ONLINE


def calls_of(app: Flask, account_id: int) -> list[CallRecord]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.query(CallRecord).order_by(CallRecord.id))


def only_call(app: Flask, account_id: int) -> str:
    """The id of the one call that there is."""
    return until(lambda: calls_of(app, account_id))[0].api_call_id


def asked(fake: FakeAsterisk, method: str, ending: str) -> list[str]:
    """Paths of requests that end so."""
    return [path for each, path, _arguments in fake.asked if each == method and path.endswith(ending)]
