"""Announcements as sound files of an Asterisk: which there must be, and signals to begin with."""

from __future__ import annotations

import array
import math
import sys
import wave
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from portal.telephony.plan import FallbackCause

FOLDER = "portal"
"""Within Asterisk's folder of sounds."""
NAMES = tuple(cause.value for cause in FallbackCause)
TONE, TONE_FOR = "tone:425/250,0/250", timedelta(seconds=5)
"""What a caller hears in place of an announcement that is missing, and how long: congestion, written out, since its
name is known to an Asterisk only whose indications.conf has the country.
"""

_RATE = 8000
_LOUDNESS = 8000
_FADE = 0.005

# (hertz, seconds); 0 Hz is silence. ITU-T E.180: the special information tone, and the busy tone of 425 Hz.
_NOT_AVAILABLE = ((950, 0.33), (1400, 0.33), (1800, 0.33), (0, 1.0)) * 3
_BUSY = ((425, 0.35), (0, 0.35)) * 8
_SIGNALS = {FallbackCause.ALL_BUSY: _BUSY}


def medium(name: str) -> str:
    """What Asterisk is asked to play."""
    return f"sound:{FOLDER}/{name}"


def write_signals(folder: Path) -> list[Path]:
    """Writes a signal for each announcement that the folder (made where missing) has none of, in whatever format;
    answers what was written. Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = {each.stem for each in folder.iterdir()}
    made = [folder / f"{name}.wav" for name in NAMES if name not in there]
    for path in made:
        _write(path, _SIGNALS.get(FallbackCause(path.stem), _NOT_AVAILABLE))
    return made


def _write(path: Path, tones: tuple[tuple[int, float], ...]) -> None:
    samples = array.array("h", (sample for hertz, seconds in tones for sample in _tone(hertz, seconds)))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(_RATE)
        audio.writeframes(samples.tobytes())


def _tone(hertz: int, seconds: float) -> Iterator[int]:
    """A sine that swells and fades for a moment, so that it does not click."""
    frames = round(seconds * _RATE)
    for frame in range(frames):
        edge = min(frame, frames - 1 - frame) / (_FADE * _RATE)
        yield round(_LOUDNESS * min(1.0, edge) * math.sin(2 * math.pi * hertz * frame / _RATE))
