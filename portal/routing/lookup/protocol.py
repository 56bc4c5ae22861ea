"""What a CRM that is asked about a caller must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class LookupResult(StrEnum):
    """What came of asking."""

    FOUND = "found"
    NOBODY = "nobody"
    STRANGER = "stranger"
    """The answer names somebody who is no CRM user here."""
    LATE = "late"
    """No answer within the budget; it may still come, for the next call."""
    FAILED = "failed"
    CROWDED = "crowded"
    """Too many questions are under way already."""
    RESTING = "resting"
    """It failed again and again and is left alone for a while."""


@dataclass(frozen=True, slots=True)
class Named:
    """A CRM user as the CRM writes it: by name, by SIP account (with or without `SIP/`), or by its own id."""

    text: str
    crm_id: str = ""


class LookupFailed(Exception):
    """The CRM gave no usable answer; the text is short, technical and without secrets."""


class CallerLookup(Protocol):
    """One CRM. May be asked from several threads at once."""

    def ask(self, number: str, did: str, *, seconds: float) -> Named | None:
        """Who looks after the caller with this number (universal format), who called `did`; None for nobody.

        Comes back within `seconds`. Raises `LookupFailed`.
        """
        ...


class CrmAtHand(Protocol):
    """The rooms above know whether the account's CRM is connected."""

    def lookup(self) -> CallerLookup | None:
        """The CRM of the entered account, None where none is connected; a URL of the admin's is then asked."""
        ...

    def title(self) -> str:
        """What it is called, "" where none is connected."""
        ...
