"""Settings of the Asterisk that `portal engine` drives."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FIELDS = ("url", "user", "password", "app", "trunk")
"""Each is a setting of its own, `PORTAL_ASTERISK_…`."""
_WORD = re.compile(r"[0-9A-Za-z_-]{1,48}")
_TRUNK = re.compile(r"PJSIP/[^\s{},&]*\{number\}[^\s{},&]*")


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """How to reach it. URL and password are empty where nothing drives an Asterisk."""

    url: str
    user: str
    password: str = field(repr=False)
    app: str
    """The Stasis application that the dialplan hands calls to."""
    trunk: str
    """`PJSIP/{number}@trunk`: how a number of the outside world is dialled."""

    @property
    def is_complete(self) -> bool:
        """Whether an engine can use them."""
        return bool(self.url and self.password)


def read_word(text: str) -> str:
    """A name as it stands in Asterisk's files. Raises ValueError."""
    if not _WORD.fullmatch(text):
        raise ValueError("must be Latin letters, digits, dashes and underscores")
    return text


def read_trunk(text: str) -> str:
    """A channel of Asterisk with the place of the number. Raises ValueError."""
    if not _TRUNK.fullmatch(text):
        raise ValueError("must be a PJSIP channel with {number} in it, such as PJSIP/{number}@trunk")
    return text
