"""Two made-up voices in conversation, as a real audio file: a waveform shows turns, syllables and pauses.

The file is a WAV of unsigned 8-bit PCM, 8 kHz, stereo (left the caller, right the employee): what telephones
carry, in a form that every browser plays and seeks, at 16 kB a second.
"""

import math
import wave
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

from portal.telephony.engines.sandbox.chance import dice

FRAME_RATE = 8000

_SILENCE = 128
_LOUDNESS = 80.0
_PALETTE_SIZE = 24
_HIGHEST_HARMONIC = 3400.0
_VOWELS = ((700, 1200, 2500), (500, 900, 2400), (500, 1800, 2500), (300, 2300, 3000), (320, 800, 2300))
_FORMANT_GAINS = (1.0, 0.5, 0.25)
_FORMANT_WIDTH = 160.0
_CALLER_PITCH = 115.0
_EMPLOYEE_PITCH = 205.0


def write_conversation(path: Path, seconds: float, seed: str) -> float:
    """Write a talk of this length (to the nearest frame); the same seed gives the same bytes. Returns its seconds."""
    frames = round(max(0.0, seconds) * FRAME_RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(1)
        file.setframerate(FRAME_RATE)
        file.setnframes(frames)
        left = frames
        for turn in _turns(dice("talk", seed)):
            if left <= 0:
                break
            file.writeframesraw(turn[: 2 * left])
            left -= len(turn) // 2
    return frames / FRAME_RATE


def _turns(chance: Random) -> Iterator[bytes]:
    """Interleaved frames, one phrase and the pause after it at a time; the employee begins."""
    is_employee = True
    while True:
        phrase = _phrase(_palette(_EMPLOYEE_PITCH if is_employee else _CALLER_PITCH), chance)
        frames = bytearray([_SILENCE]) * (2 * len(phrase))
        frames[is_employee::2] = phrase
        yield bytes(frames)
        is_employee = not is_employee


def _phrase(palette: tuple[bytes, ...], chance: Random) -> bytes:
    """A few words of one voice and the pause after them."""
    sounds = bytearray()
    for _word in range(chance.randint(2, 6)):
        for _syllable in range(chance.randint(1, 4)):
            sounds += chance.choice(palette)
        sounds += _quiet(chance.uniform(0.04, 0.16))
    return bytes(sounds + _quiet(chance.uniform(0.25, 0.8)))


def _quiet(seconds: float) -> bytes:
    return bytes([_SILENCE]) * round(seconds * FRAME_RATE)


@cache
def _palette(pitch: float) -> tuple[bytes, ...]:
    """The syllables of one voice, made once in the life of the process."""
    chance = dice("voice", pitch)
    return tuple(_syllable(pitch, chance.choice(_VOWELS), chance) for _ in range(_PALETTE_SIZE))


def _syllable(pitch: float, vowel: tuple[int, ...], chance: Random) -> bytes:
    """A short hiss, then a vowel that swells and fades while its pitch glides."""
    hiss = [chance.uniform(-0.3, 0.3) for _ in range(round(chance.uniform(0.01, 0.04) * FRAME_RATE))]
    length = round(chance.uniform(0.09, 0.24) * FRAME_RATE)
    start, end = pitch * chance.uniform(0.95, 1.15), pitch * chance.uniform(0.85, 1.05)
    voiced: list[float] = []
    while len(voiced) < length:
        glide = start + (end - start) * len(voiced) / length
        voiced.extend(_period(round(FRAME_RATE / glide), vowel))
    swelling = [each * math.sin(math.pi * at / len(voiced)) ** 0.6 for at, each in enumerate(voiced)]
    return bytes(_SILENCE + round(_LOUDNESS * each) for each in hiss + swelling)


@cache
def _period(samples: int, vowel: tuple[int, ...]) -> tuple[float, ...]:
    """One swing of the vocal cords through the mouth of this vowel, its peak 1."""
    pitch = FRAME_RATE / samples
    gains = [_gain(number * pitch, vowel) for number in range(1, int(_HIGHEST_HARMONIC / pitch) + 1)]
    swing = [
        sum(gain * math.sin(2 * math.pi * number * at / samples) for number, gain in enumerate(gains, start=1))
        for at in range(samples)
    ]
    peak = max(map(abs, swing))
    return tuple(each / peak for each in swing)


def _gain(frequency: float, vowel: tuple[int, ...]) -> float:
    resonances = zip(_FORMANT_GAINS, vowel, strict=True)
    return 0.02 + sum(gain * math.exp(-(((frequency - at) / _FORMANT_WIDTH) ** 2)) for gain, at in resonances)
