"""What happens in a test with a real Asterisk: people, and the portal's engine in this process or one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.recordings.models import Recording, RecordingState
from portal.routing.models import HuntStrategy
from portal.routing.queries import new_contact_group
from portal.telephony.engine import Presence
from portal.telephony.queries import sip_lines
from tests.telephony.asterisk.real.pbx import PASSWORD, Asterisk
from tests.telephony.asterisk.real.phones import Phone
from tests.telephony.exchange import LINE, engine, find_call, finished, last_life, until

ANN, BEN, CAT = NAMES = ("00000000672", "00000000674", "00000000676")
OUTSIDE = "79039998877"


class Scene:
    """North's office on a real Asterisk."""

    def __init__(self, app: Flask, account_id: int, asterisk: Asterisk, phones: dict[str, Phone]) -> None:
        self.app = app
        self.account_id = account_id
        self.asterisk = asterisk
        self.phones = phones
        self.outside = phones[OUTSIDE]
        self._before = {name: phone.count("CALL_INCOMING") for name, phone in phones.items()}
        self._ended_before = {name: phone.count("CALL_CLOSED") for name, phone in phones.items()}

    @contextmanager
    def engine(self) -> Iterator[None]:
        """The engine runs in this process, in real time, and sees the phones."""
        self._forget_phones()
        with engine(self.app, speed=1):
            until(self.sees_phones)
            yield

    @contextmanager
    def engine_process(self) -> Iterator[subprocess.Popen[bytes]]:
        """`portal engine` as its own process, to be killed."""
        settings = self.app.extensions["portal.settings"]
        environ = {
            "PATH": os.environ["PATH"],
            "PORTAL_DATA": str(settings.data),
            "PORTAL_DATABASE_URL": settings.database_url,
            "PORTAL_SECRET_KEY": settings.secret_key,
            "PORTAL_ENGINE": "asterisk",
            "PORTAL_ASTERISK_URL": self.asterisk.url,
            "PORTAL_ASTERISK_PASSWORD": PASSWORD,
        }
        self._forget_phones()
        before = last_life(self.app)
        program = Path(sys.executable).with_name("portal")
        with subprocess.Popen([program, "engine"], env=environ) as process:
            try:
                while last_life(self.app) == before:
                    # A busy machine takes its time to start a process; one that cannot start ends.
                    assert process.poll() is None
                    threading.Event().wait(0.1)
                until(self.sees_phones)
                yield process
            finally:
                process.kill()

    def sees_phones(self) -> bool:
        """Whether the engine has told how every phone is; one may be in a talk that an earlier engine left."""
        return Presence.OFFLINE not in self._presences()

    def sees_free_phones(self) -> bool:
        """Whether every phone is free, as the engine tells."""
        return self._presences() == {Presence.ONLINE}

    def _presences(self) -> set[str]:
        with self.app.app_context(), transaction(self.account_id, writes=False):
            return {line.presence for line in sip_lines()}

    def _forget_phones(self) -> None:
        """What an earlier engine told of the phones says nothing of the next: that it has settled is seen by them."""
        with self.app.app_context(), transaction(self.account_id):
            for line in sip_lines():
                line.presence = Presence.OFFLINE

    def strategy(self, strategy: HuntStrategy, *, ring_seconds: int = 5) -> None:
        """From now on new contacts are hunted so."""
        with self.app.app_context(), transaction(self.account_id):
            group = new_contact_group()
            group.strategy, group.ring_seconds = strategy, ring_seconds

    def rings(self, name: str, count: int = 1) -> Phone:
        """Waits until this phone rings for the `count`th time in this test."""
        phone = self.phones[name]
        phone.wait_for("CALL_INCOMING", self._before[name] + count)
        return phone

    def has_rung(self, name: str) -> bool:
        return self.phones[name].count("CALL_INCOMING") > self._before[name]

    def is_free_again(self, name: str, count: int = 1) -> None:
        """Waits until this phone's call is over."""
        self.phones[name].wait_for("CALL_CLOSED", self._ended_before[name] + count)

    def calls_in(self) -> None:
        """Somebody outside calls the line."""
        self.outside.call(LINE)

    def call(self) -> CallRecord:
        """The latest call as it is written now, once it is."""

        def look() -> CallRecord | None:
            with self.app.app_context(), transaction(self.account_id, writes=False) as session:
                latest = session.scalar(select(CallRecord).order_by(CallRecord.id.desc()).limit(1))
            return latest and find_call(self.app, self.account_id, latest.api_call_id)

        return until(look)

    def talks(self, seconds: float = 0.5) -> CallRecord:
        """The latest call, once it is recorded and the two have talked for so long."""
        call = until(lambda: self.call() if self.call().answered_at else None)
        until(lambda: list((self.spool / "recording").glob(f"portal-*-{call.api_call_id}-*.wav")))
        threading.Event().wait(seconds)
        return call

    @property
    def spool(self) -> Path:
        """Where Asterisk records."""
        return self.asterisk.spool

    def ended(self) -> CallRecord:
        """The latest call, when it is over."""
        return finished(self.app, self.account_id, self.call().api_call_id)

    def record(self, call: CallRecord) -> Recording:
        """The call's record, when it is here."""

        def look() -> Recording | None:
            with self.app.app_context(), transaction(self.account_id, writes=False) as session:
                found = session.query(Recording).where(Recording.call_id == call.id).one_or_none()
                return found if found is not None and found.state == RecordingState.READY else None

        return until(look)
