"""Records for tests: real WAV files, taken over by the real sink."""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

from flask import Flask

from portal.recordings.sink import Sink
from tests.calls.factory import Story, tell_whole

RATE = 8000


def write_wav(path: Path, seconds: float, *, loud: tuple[float, ...] = (0.5, 1.0), width: int = 2) -> Path:
    """A tone on each side, as loud as said (0 to 1)."""
    frames = round(seconds * RATE)
    samples = array.array("h")
    for frame in range(frames):
        swing = math.sin(2 * math.pi * 440 * frame / RATE)
        samples.extend(round(32_000 * share * swing) for share in loud)
    with wave.open(str(path), "wb") as audio:
        audio.setnchannels(len(loud))
        audio.setsampwidth(width)
        audio.setframerate(RATE)
        audio.writeframes(samples.tobytes() if width == 2 else bytes(128 + (each >> 8) for each in samples))
    return path


def tell_recorded(app: Flask, story: Story, folder: Path, seconds: float = 2.0) -> bytes:
    """A whole call with its record; answers the audio."""
    tell_whole(app, story)
    path = write_wav(folder / f"{story.api_call_id}.wav", seconds)
    audio = path.read_bytes()
    Sink(app).complete(story.account_id, story.api_call_id, path, seconds)
    return audio


def tell_recorded_in_mp3(app: Flask, story: Story, folder: Path, seconds: float = 2.0) -> None:
    """The same with a record as some providers make them; no sound is in it."""
    tell_whole(app, story)
    path = folder / f"{story.api_call_id}.mp3"
    path.write_bytes(b"ID3" + bytes(2000))
    Sink(app).complete(story.account_id, story.api_call_id, path, seconds)
