"""amoCRM as a connector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.connectors.amocrm import calls, contacts
from portal.connectors.amocrm.client import Client, why
from portal.connectors.protocol import CallNote, Written
from portal.connectors.talking import mapping, refused, text
from portal.contacts.services.crm_people import Person
from portal.kernel.http import ServiceTrouble, Trouble
from portal.routing.lookup import LookupFailed, Named


class AmoCrm:
    """See `Connector`. A record's link goes with its call: amoCRM takes no later one, and our link waits by itself."""

    takes_records_later = False

    def __init__(self, client: Client) -> None:
        self._client = client

    def check(self) -> str:
        """The account's name."""
        return text(mapping(self._client.get("/api/v4/account")).get("name"))

    def people(self) -> Sequence[Person]:
        """Told to admins only: 403 for everybody else."""
        found = []
        for row in self._client.each("/api/v4/users", "users"):
            crm_id, rights = text(row.get("id")), mapping(row.get("rights"))
            if crm_id and rights.get("is_active", True):
                found.append(Person(crm_id, text(row.get("name")) or text(row.get("email"))))
        return found

    def ask(self, number: str, did: str, *, seconds: float) -> Named | None:  # noqa: ARG002 (the line makes no difference)
        """The one who is responsible for the contact with this number."""
        try:
            contact = contacts.find(self._client, number, seconds=seconds)
        except ServiceTrouble as failure:
            raise LookupFailed(f"amoCRM: {failure.detail or failure.trouble.value}") from None
        owner = text(mapping(contact).get("responsible_user_id"))
        return Named(owner, crm_id=owner) if owner else None

    def show_card(self, note: CallNote, users: Sequence[str]) -> str:
        """By an event of version 2, the only one that opens a card; amoCRM finds the card by itself."""
        event: dict[str, Any] = {"type": "phone_call", "phone_number": note.number, "users": list(users)}
        reply = self._client.send("POST", "/api/v2/events/", {"add": [event]})
        if not reply.is_good:
            raise refused(reply, why(reply))
        return ""

    def hide_card(self, note: CallNote, users: Sequence[str]) -> None:
        """It goes by itself."""

    def write_call(self, note: CallNote) -> Written:
        """Into lead, customer or contact, as amoCRM chooses; a stranger is made a contact if that is wanted."""
        if note.was_tried and (known := calls.find(self._client, note)) is not None:
            return known
        written = calls.add(self._client, note)
        if written is None and note.creates_contact:
            contacts.add(self._client, note)
            written = calls.add(self._client, note)
        if written is None:
            raise ServiceTrouble(Trouble.UNKNOWN_NUMBER)
        return written

    def add_record(self, note: CallNote) -> None:
        """Never asked for."""
