"""What a view may need, and the door that checks it. Who has what is decided above, in `accounts.roles`."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Permission(StrEnum):
    """What a view needs from whoever asks."""

    PUBLIC = "public"
    """Anybody, also without signing in."""
    SIGNED_IN = "signed-in"
    """Anybody who has signed in, for things of their own."""
    OWN_DOOR = "own-door"
    """Anybody who has signed in, for what keeps the own door: the second factor, proving oneself again. Also open to
    whoever has yet to set up the second factor that is asked of them.
    """
    WAY_OUT = "way-out"
    """Whoever is in, as whomever: to sign out, and for the operator to leave an account that is visited."""
    OWN_PAGE = "own-page"
    """Anybody who has signed in, for what is the person's alone: data, password, sessions, the choice of account."""
    SEE_CALLS = "see-calls"
    EXPORT = "export"
    """To take calls or the address book away as a file."""
    LISTEN = "listen"
    PLACE_CALLS = "place-calls"
    WORK_CALLS = "work-calls"
    """To take missed calls, to tag calls and to write notes on them."""
    MANAGE_CALLS = "manage-calls"
    """To decide what all share of the log: tags, views, how soon a missed call is due."""
    MANAGE_CONTACTS = "manage-contacts"
    SEE_INTEGRATION = "see-integration"
    MANAGE_INTEGRATION = "manage-integration"
    MANAGE_RECORDS = "manage-records"
    """Deleting records, how long they are kept, who listened; ending anybody's tasks."""
    SEE_MONEY = "see-money"
    EXPORT_MONEY = "export-money"
    """To take papers, postings and payments away as files, or to have them sent."""
    MANAGE_USERS = "manage-users"
    """To invite people, to change what they may do, to let them in no more."""
    SEE_AUDIT = "see-audit"
    """Who did what."""
    EXPORT_AUDIT = "export-audit"
    """To take it away as a file."""
    MANAGE_COMPANY = "manage-company"
    """To speak for the company: its details on papers, bills and payments, the offer."""
    ASK_SUPPORT = "ask-support"
    """Anybody of an account: to write to the operator."""
    OPERATE = "operate"
    """The installation's operator: sees every account."""
    API = "api"
    """A program with any key of an account."""
    API_CALLS = "api-calls"
    """A program whose key may read the list of calls."""
    API_RECORDS = "api-records"
    """A program whose key may hear records."""
    API_OUTCOME = "api-outcome"
    """A program whose key may place calls."""


class Door(Protocol):
    """Lets a request in: finds out who asks, checks `needs`, and enters the account."""

    def enter(self, needs: Permission) -> None:
        """Raises `NotSignedIn` or `Forbidden`; otherwise the session's scope is set, where an account is needed."""


class PersonDoor(Door, Protocol):
    """A door for people, who can be asked again."""

    def ask_again(self) -> None:
        """Raises `NotProved` where the person has not proved lately to be the person."""
