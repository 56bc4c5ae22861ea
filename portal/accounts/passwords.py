"""Passwords: Argon2id (RFC 9106), verified exactly as typed."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _

MIN_LENGTH = 12
MAX_LENGTH = 256
"""A bound on what one attempt can make the processor do."""
_EASY = 10**8
"""Guesses. What takes fewer is made of common passwords and names (zxcvbn's list of 30,000, also with figures after
them, letters swapped, twice in a row), of neighbouring keys, of repetitions or of a date."""
_MOST_LOOKED_AT = 64
"""Characters of a password: what is guessed of its beginning is enough to tell an easy one."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Hashing takes memory and time on purpose: a flood of attempts must queue here and not take the machine.
_at_once = threading.BoundedSemaphore(4)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdDE$y0rhyDsC6kQNC4Iu5kLk8Q0rL4nC7ZW3iVYQpX7hG2M"
"""Verified where there is no such user, so that the answer takes as long."""


def hash_new_password(password: str, *, about: Iterable[str]) -> str:
    """The hash to keep of a password that a person has chosen. Raises `Refused` for one that is too short, too long, or
    among the first that anybody would try; `about` is what is known of the person: e-mail, name, company.
    """
    if MIN_LENGTH <= len(password) <= MAX_LENGTH and _is_easy(password, about):
        raise Refused(
            _("This password is among the first that somebody would try. A few words that do not belong together do."),
            "password",
        )
    return hash_password(password)


def hash_password(password: str) -> str:
    """The hash to keep. Raises `Refused` for a password that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Refused(
            _("A password has from %(low)s to %(high)s characters.", low=MIN_LENGTH, high=MAX_LENGTH), "password"
        )
    with _at_once:
        return _hasher.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password is the one; takes as long when there is no user (`stored` is None)."""
    if len(password) > MAX_LENGTH:
        return False
    with _at_once:
        try:
            return _hasher.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def _is_easy(password: str, about: Iterable[str]) -> bool:
    known = ["portal", "cabinet", "telephony"]
    for text in about:
        known += [text, *text.replace("@", " ").replace(".", " ").split()]
    found = zxcvbn(password[:_MOST_LOOKED_AT], user_inputs=[word for word in known if len(word) > 2])
    return bool(found["guesses"] < _EASY)


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)
