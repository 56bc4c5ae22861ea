"""Contacts of amoCRM: found by number, made where wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portal.connectors.amocrm.client import Client, why
from portal.connectors.protocol import CallNote
from portal.connectors.talking import mapping, refused, rows, text
from portal.kernel import phone

_LAST = 10
"""Figures by which a number is found, however it is written: without the country's code."""


def find(client: Client, number: str, *, seconds: float = 20.0) -> Mapping[str, Any] | None:
    """The contact with this number, the one that was changed last of several. Raises `ServiceTrouble`.

    amoCRM looks through every field, so that what it finds is looked at again.
    """
    end = number[-_LAST:]
    query = {"query": end, "limit": "50", "order[updated_at]": "desc"}
    answer = mapping(client.get("/api/v4/contacts", query, seconds=seconds))
    for contact in rows(mapping(answer.get("_embedded")).get("contacts")):
        if any(figures.endswith(end) for figures in _numbers(contact)):
            return contact
    return None


def _numbers(contact: Mapping[str, Any]) -> Iterator[str]:
    for field in rows(contact.get("custom_fields_values")):
        if field.get("field_code") == "PHONE":
            for value in rows(field.get("values")):
                yield "".join(char for char in text(value.get("value")) if char.isdecimal())


def add(client: Client, note: CallNote) -> None:
    """A contact with this number and the call's user as responsible. Raises `ServiceTrouble`."""
    contact: dict[str, Any] = {
        "name": phone.display(note.number),
        "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": f"+{note.number}"}]}],
        "request_id": note.api_call_id,
    }
    if note.user.isdecimal():
        contact["responsible_user_id"] = int(note.user)
    if find(client, note.number) is not None:
        # An earlier try made it, and was not heard of.
        return
    reply = client.send("POST", "/api/v4/contacts", [contact])
    if not reply.is_good:
        raise refused(reply, why(reply))
