"""Waveforms: the loudest moment of each stretch, for each side."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from portal.recordings.waveform import BARS, BrokenAudio, mixed, outline
from portal.telephony.engines.sandbox.voice import write_conversation
from tests.recordings.factory import write_wav


@pytest.mark.parametrize("width", [1, 2])
def test_both_sides_have_their_own_outline(tmp_path: Path, width: int) -> None:
    found = outline(write_wav(tmp_path / "talk.wav", 4, loud=(0.25, 1.0), width=width))

    left, right = found.peaks[:BARS], found.peaks[BARS:]
    assert (found.seconds, found.sides, len(found.peaks)) == (4, 2, 2 * BARS)
    assert all(55 <= peak <= 68 for peak in left)
    assert all(240 <= peak <= 255 for peak in right)


def test_one_side_has_one_outline(tmp_path: Path) -> None:
    found = outline(write_wav(tmp_path / "talk.wav", 1, loud=(1.0,)))

    assert (found.sides, len(found.peaks)) == (1, BARS)


def test_a_very_short_record_has_as_many_bars_as_samples(tmp_path: Path) -> None:
    found = outline(write_wav(tmp_path / "talk.wav", 0.005))

    assert len(found.peaks) == 2 * 40


def test_the_sandboxs_voices_show_something(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    write_conversation(path, 30.0, "seed")

    found = outline(path)

    assert found.sides == 2
    assert max(found.peaks) > 100
    assert min(found.peaks) < 20


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\x00\x00\x00\x00WAVE", b"\x00" * 5000, b"<html>not audio</html>"]
)
def test_what_is_no_audio_is_said_to_be_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(content)

    with pytest.raises(BrokenAudio):
        outline(path)


def test_a_file_without_a_sound_is_broken(tmp_path: Path) -> None:
    with pytest.raises(BrokenAudio):
        outline(write_wav(tmp_path / "talk.wav", 0))


def test_a_file_that_was_cut_off_is_broken(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "talk.wav", 10)
    path.write_bytes(path.read_bytes()[:20_000])

    with pytest.raises(BrokenAudio):
        outline(path)


def test_samples_of_a_width_that_nobody_uses_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    with wave.open(str(path), "wb") as audio:
        audio.setparams((1, 3, 8000, 0, "NONE", "not compressed"))
        audio.writeframes(b"\x00" * 300)

    with pytest.raises(BrokenAudio, match="24 bits"):
        outline(path)


def test_a_picture_of_both_sides_takes_the_louder() -> None:
    assert mixed(bytes([0, 51, 255, 0]), 2, 2) == [100, 20]
    assert mixed(bytes([0, 51, 102, 255]), 1, 2) == [20, 100]
    assert mixed(b"", 1, 60) == []
