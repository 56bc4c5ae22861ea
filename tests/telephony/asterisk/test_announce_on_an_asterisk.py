"""What a caller hears whom nobody takes: an announcement, signals to begin with, and never silence."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from portal.cli import cli
from portal.kernel.db import transaction
from portal.routing.models import LineHours
from portal.telephony.engine import CallOutcome, LegResult
from portal.telephony.engines.asterisk.sounds import NAMES, TONE
from portal.telephony.models import Did
from tests.people import Cast
from tests.telephony.asterisk.fake import FakeAsterisk
from tests.telephony.asterisk.office import fake_asterisk, is_online, on_asterisk, only_call
from tests.telephony.exchange import CLIENT, LINE, finished, until, wire


@pytest.fixture
def fake() -> Iterator[FakeAsterisk]:
    with fake_asterisk() as fake:
        yield fake


@pytest.fixture
def closed(app: Flask, cast: Cast, fake: FakeAsterisk) -> Iterator[int]:
    """North's engine on the fake, outside its hours."""
    wire(app, cast.north)
    with app.app_context(), transaction(cast.north) as session:
        session.add(LineHours(did_id=session.scalars(select(Did.id)).one(), week=[""] * 7))
    with on_asterisk(app, fake):
        until(lambda: is_online(app, cast.north))
        yield cast.north


def played(fake: FakeAsterisk) -> list[str]:
    return [arguments["media"] for _method, path, arguments in fake.asked if path.endswith("/play")]


def test_a_caller_outside_hours_hears_the_announcement(app: Flask, fake: FakeAsterisk, closed: int) -> None:
    assert fake.call(CLIENT, LINE)

    call = finished(app, closed, only_call(app, closed))

    assert call.outcome == CallOutcome.CLOSED
    assert played(fake) == ["sound:portal/closed"]
    until(lambda: not fake.channels)


def test_a_tone_is_heard_for_some_seconds_in_place_of_one_that_is_missing(
    app: Flask, fake: FakeAsterisk, closed: int
) -> None:
    fake.sounds.clear()
    assert fake.call(CLIENT, LINE)

    call = finished(app, closed, only_call(app, closed))

    assert call.outcome == CallOutcome.CLOSED
    assert played(fake) == ["sound:portal/closed", TONE]
    assert call.ended_at is not None
    assert 4 <= (call.ended_at - call.started_at).total_seconds() <= 30
    until(lambda: not fake.channels)


def test_a_switch_without_tones_still_ends_the_call(app: Flask, fake: FakeAsterisk, closed: int) -> None:
    fake.sounds.clear()
    fake.has_tones = False
    assert fake.call(CLIENT, LINE)

    assert finished(app, closed, only_call(app, closed)).outcome == CallOutcome.CLOSED
    until(lambda: not fake.channels)


def test_a_caller_who_hangs_up_during_the_tone_is_gone(app: Flask, fake: FakeAsterisk, closed: int) -> None:
    fake.sounds.clear()
    channel = fake.call(CLIENT, LINE)
    assert channel
    until(lambda: TONE in played(fake))
    fake.hang_up_far_end(channel)

    assert finished(app, closed, only_call(app, closed)).legs[0].result == LegResult.CALLER_GAVE_UP


def test_signals_are_written_for_what_is_missing_and_replace_nobodys_recording(tmp_path: Path) -> None:
    folder = tmp_path / "sounds" / "portal"
    folder.mkdir(parents=True)
    (folder / "closed.ulaw").write_bytes(b"my own words")

    done = CliRunner().invoke(cli, ["engine", "sounds", str(folder)])

    assert done.exit_code == 0
    made = sorted(each.stem for each in folder.glob("*.wav"))
    assert made == sorted(set(NAMES) - {"closed"})
    assert done.output.count("is written") == len(made)
    with wave.open(str(folder / "all_busy.wav")) as audio:
        assert (audio.getnchannels(), audio.getsampwidth(), audio.getframerate()) == (1, 2, 8000)
        assert 3 <= audio.getnframes() / 8000 <= 10
        assert len(set(audio.readframes(8000))) > 50, "it is to be heard"
    before = {each: each.read_bytes() for each in folder.iterdir()}
    assert "every announcement already" in CliRunner().invoke(cli, ["engine", "sounds", str(folder)]).output
    assert {each: each.read_bytes() for each in folder.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    done = CliRunner().invoke(cli, ["engine", "sounds", str(tmp_path / "file" / "portal")])

    assert done.exit_code == 1
    assert "cannot be written" in done.output
