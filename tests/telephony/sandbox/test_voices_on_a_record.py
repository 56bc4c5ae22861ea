import wave
from pathlib import Path

import pytest

from portal.telephony.engines.sandbox.voice import FRAME_RATE, write_conversation


def sides(path: Path) -> tuple[bytes, bytes]:
    with wave.open(str(path), "rb") as file:
        frames = file.readframes(file.getnframes())
    return frames[0::2], frames[1::2]


def energy(samples: bytes) -> list[float]:
    """How loud each tenth of a second is."""
    window = FRAME_RATE // 10
    return [
        sum((each - 128) ** 2 for each in samples[at : at + window]) / window for at in range(0, len(samples), window)
    ]


@pytest.mark.parametrize("seconds", [0, 0.0001, 1, 7.77777, 60, 601.25])
def test_a_record_is_as_long_as_the_talk_to_one_sample(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "talk.wav"
    length = write_conversation(path, seconds, seed="a")
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 1, 8000)
        assert abs(file.getnframes() - seconds * FRAME_RATE) <= 1
        assert len(file.readframes(10**9)) == 2 * file.getnframes()
        assert length == file.getnframes() / FRAME_RATE
    assert path.stat().st_size == 44 + 2 * round(length * FRAME_RATE)


def test_the_two_sides_speak_in_turns_and_pause(tmp_path: Path) -> None:
    write_conversation(tmp_path / "talk.wav", 60, seed="a")
    left, right = (energy(side) for side in sides(tmp_path / "talk.wav"))
    caller = {at for at, loudness in enumerate(left) if loudness > 50}
    employee = {at for at, loudness in enumerate(right) if loudness > 50}
    assert min(employee) < min(caller)
    assert len(caller) > 100
    assert len(employee) > 100
    assert len(caller & employee) < 20
    assert len(set(range(600)) - caller - employee) > 30


def test_a_seed_gives_the_same_talk_again_and_another_a_different_one(tmp_path: Path) -> None:
    for name, seed in (("one", "a"), ("two", "a"), ("three", "b")):
        write_conversation(tmp_path / name, 10, seed)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()
