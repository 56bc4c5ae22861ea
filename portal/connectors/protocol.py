"""What a CRM that is connected can do for us, and how it says no. amoCRM and Bitrix24 are two of these.

What a CRM can do that answers at a plain URL is the first part of it: `routing.lookup.CallerLookup`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.contacts.services.crm_people import Person
from portal.routing.lookup import CallerLookup


@dataclass(frozen=True, slots=True)
class CallNote:
    """A call as a CRM is told of it. Ids are the CRM's own, as text; numbers are universal; durations are seconds.

    `user` is who took or made it, else whose phone rang first, else who looks after the contact; "" where none of them
    is a user of the CRM. `record_name` is the record's file, whose ending is its format.
    `outside_id` is what the CRM called this call when it was first told of it, "" before.
    """

    api_call_id: str
    is_incoming: bool
    is_answered: bool
    is_busy: bool
    number: str
    line: str
    user: str
    started_at: datetime
    talk_seconds: int
    record_url: str = ""
    record_name: str = ""
    outside_id: str = ""
    creates_contact: bool = False
    was_tried: bool = False
    """An earlier try may have got through although no answer came: look before it is written again."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the CRM made of it: its own id of the call, and the page of the card, "" where it names none."""

    outside_id: str = ""
    card_url: str = ""


class Connector(CallerLookup, Protocol):
    """One CRM of one account. May be used from several threads. Each raises `ServiceTrouble`, `ask` `LookupFailed`."""

    takes_records_later: bool
    """Whether the record goes by `add_record` after the call; otherwise its link goes with the call."""

    def check(self) -> str:
        """Asks who we are there; answers a name for people."""
        ...

    def people(self) -> Sequence[Person]:
        """The users that work there now."""
        ...

    def show_card(self, note: CallNote, users: Sequence[str]) -> str:
        """Opens the caller's card on these users' screens; answers the CRM's id of the call, "" where it has none."""
        ...

    def hide_card(self, note: CallNote, users: Sequence[str]) -> None:
        """Closes it again for those who did not take the call, where the CRM can."""
        ...

    def write_call(self, note: CallNote) -> Written:
        """Writes a call that is over into the caller's card, once."""
        ...

    def add_record(self, note: CallNote) -> None:
        """Adds the record's link to a call that was written."""
        ...
