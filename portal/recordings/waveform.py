"""The outline of a record: the loudest moment of each of a few hundred stretches, per side."""

from __future__ import annotations

import array
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

BARS = 200
"""Bars of a whole record; a shorter one than that many samples has fewer."""
_LOOKS = 512
"""Samples looked at per bar and side, at most: enough for speech, and as cheap for an hour as for a minute."""
_TYPES = {1: "B", 2: "h", 4: "i"}


class BrokenAudio(Exception):
    """The file is no audio that can be played."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file says of itself. `peaks` are 0 to 255: the bars of the left side, then those of the right, if any."""

    seconds: float
    sides: int
    peaks: bytes


def outline(path: Path) -> Outline:
    """Reads a PCM WAV file of 8, 16 or 32 bits, bar by bar, so that memory stays flat. Raises `BrokenAudio`."""
    try:
        with wave.open(str(path), "rb") as audio:
            return _outline(audio)
    except (wave.Error, EOFError, OSError, ValueError, ZeroDivisionError) as error:
        raise BrokenAudio(str(error) or type(error).__name__) from error


def _outline(audio: wave.Wave_read) -> Outline:
    width, channels, frames = audio.getsampwidth(), audio.getnchannels(), audio.getnframes()
    if width not in _TYPES or frames == 0:
        raise BrokenAudio("empty" if frames == 0 else f"samples of {8 * width} bits")
    sides = min(channels, 2)
    bars = min(BARS, frames)
    peaks: list[list[int]] = [[] for _side in range(sides)]
    for bar in range(bars):
        count = (bar + 1) * frames // bars - bar * frames // bars
        samples = _samples(audio.readframes(count), width)
        if not samples:
            raise BrokenAudio("cut off")
        step = channels * max(1, count // _LOOKS)
        for side in range(sides):
            peaks[side].append(_loudest(samples[side::step], width))
    return Outline(frames / audio.getframerate(), sides, b"".join(map(bytes, peaks)))


def _samples(raw: bytes, width: int) -> array.array[int]:
    samples = array.array(_TYPES[width])
    samples.frombytes(raw[: len(raw) // width * width])
    if sys.byteorder == "big" and width > 1:
        samples.byteswap()
    return samples


def _loudest(samples: array.array[int], width: int) -> int:
    """0 for silence, 255 for the loudest that the width holds. Eight bits are unsigned around 128, more are signed."""
    if not samples:
        return 0
    middle = 128 if width == 1 else 0
    swing = max(max(samples) - middle, middle - min(samples))
    return min(255, swing * 255 // (1 << (8 * width - 1)))


def mixed(peaks: bytes, sides: int, bars: int) -> list[int]:
    """At most so many bars, 0 to 100, for one picture of all sides: each the loudest of those that it stands for."""
    length = len(peaks) // sides if sides else 0
    bars = min(bars, length)
    both = peaks[:length]
    for side in range(1, sides):
        both = bytes(map(max, both, peaks[side * length : (side + 1) * length]))
    return [max(both[bar * length // bars : (bar + 1) * length // bars]) * 100 // 255 for bar in range(bars)]


def sides(peaks: bytes, count: int, bars: int) -> list[list[int]]:
    """The same for each side by itself: as many lists as there are sides, none where there are no peaks."""
    length = len(peaks) // count if count else 0
    return [mixed(peaks[side * length : (side + 1) * length], 1, bars) for side in range(count)] if length else []
