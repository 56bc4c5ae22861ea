"""What a caller outside the hours hears from a real Asterisk: the sounds that it has, and a tone where it has none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.kernel.db import transaction
from portal.routing.models import LineHours
from portal.telephony.asterisk_check import check_asterisk
from portal.telephony.engine import CallOutcome
from portal.telephony.engines.asterisk.sounds import NAMES, TONE_FOR, write_signals
from portal.telephony.models import Did
from tests.telephony.asterisk.real.scene import Scene


@pytest.fixture
def closed(scene: Scene) -> Scene:
    """North is closed all week."""
    with scene.app.app_context(), transaction(scene.account_id) as session:
        session.add(LineHours(did_id=session.scalars(select(Did.id)).one(), week=[""] * 7))
    return scene


@pytest.fixture
def sounds(tree: Path) -> Iterator[Path]:
    """The signals, where this Asterisk looks for sounds."""
    folder = tree / "usr" / "share" / "asterisk" / "sounds" / "portal"
    shutil.rmtree(folder, ignore_errors=True)
    write_signals(folder)
    yield folder
    shutil.rmtree(folder)


def seconds_of_a_call(scene: Scene) -> float:
    with scene.engine():
        scene.calls_in()
        call = scene.ended()
    assert call.outcome == CallOutcome.CLOSED
    assert call.ended_at is not None
    return (call.ended_at - call.started_at).total_seconds()


def missing(scene: Scene) -> list[str]:
    with scene.app.app_context():
        found = check_asterisk(scene.app.extensions["portal.settings"], is_engine_running=False)
    return [each.text for each in found if each.text.startswith("No sound ")]


def test_a_tone_is_heard_where_there_is_no_announcement(closed: Scene) -> None:
    assert all(name in missing(closed)[0] for name in NAMES)

    assert TONE_FOR.total_seconds() <= seconds_of_a_call(closed) < TONE_FOR.total_seconds() + 3


def test_the_signals_are_found_and_played_to_their_end(closed: Scene, sounds: Path) -> None:
    assert missing(closed) == []

    assert 5.9 <= seconds_of_a_call(closed) < 9
    (sounds / "closed.wav").unlink()
    (text,) = missing(closed)
    assert text.startswith("No sound portal/closed:")
