"""How phones are is written also where the database was away when they changed."""

from collections.abc import Mapping
from typing import Any
from typing import cast as typed

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.kernel.db import db, transaction
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine
from portal.telephony.scribe import presence
from portal.telephony.scribe.presence import PresenceBoard
from portal.telephony.scribe.write_behind import Job, WriteBehind
from tests.people import Cast

FIRST, SECOND = "SIP/00000000901", "SIP/00000000902"


class Queue:
    """Keeps jobs, for the test to do."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def put(self, _lane: str, job: Job) -> None:
        """Keeps it."""
        self.jobs.append(job)


def test_what_changes_while_a_write_fails_is_written_once(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction(cast.north):
        db.session.add_all([SipLine(name=name, label="") for name in (FIRST, SECOND)])
    queue = Queue()
    board = PresenceBoard(typed("WriteBehind", queue))
    write = presence._write_presence

    def fail(_news: Mapping[Any, Presence]) -> None:
        board.changed(cast.north, SECOND, Presence.ONLINE)
        raise OperationalError("update sip_line", {}, Exception("the database is locked"))

    board.changed(cast.north, FIRST, Presence.ONLINE)
    monkeypatch.setattr(presence, "_write_presence", fail)
    with pytest.raises(OperationalError):
        queue.jobs[0]()
    monkeypatch.setattr(presence, "_write_presence", write)
    with app.app_context():
        for job in queue.jobs:
            job()

    with app.app_context(), transaction(cast.north, writes=False):
        seen = select(SipLine.name).where(SipLine.name.in_([FIRST, SECOND]), SipLine.presence == Presence.ONLINE)
        assert set(db.session.scalars(seen)) == {FIRST, SECOND}
    assert len(queue.jobs) == 2
