"""Calls of amoCRM: written into whatever card has the number, and found again as notes of it."""

from __future__ import annotations

from typing import Any

from portal.connectors.amocrm.client import Client, why
from portal.connectors.protocol import CallNote, Written
from portal.connectors.talking import Reply, mapping, refused, rows, text
from portal.kernel.clock import to_unix

_TALKED, _NOT_REACHED, _BUSY = 4, 6, 7
SOURCE = "Portal"
_ENTITIES = ("leads", "contacts", "companies", "customers")
_MOST_NOTES = 250


def add(client: Client, note: CallNote) -> Written | None:
    """None where amoCRM has nobody with this number: it then keeps nothing. Raises `ServiceTrouble`."""
    reply = client.send("POST", "/api/v4/calls", [_shape(note)])
    if _is_unknown(reply):
        return None
    if not reply.is_good:
        raise refused(reply, why(reply))
    made = rows(mapping(mapping(reply.data).get("_embedded")).get("calls"))
    first = mapping(made[0]) if made else {}
    return _written(client, text(first.get("id")), text(first.get("entity_type")), text(first.get("entity_id")))


def find(client: Client, note: CallNote) -> Written | None:
    """A call that an earlier try has written: notes of the hour that carry our id. Raises `ServiceTrouble`."""
    kind = "call_in" if note.is_incoming else "call_out"
    since = str(to_unix(note.started_at))
    query = {"filter[note_type]": kind, "filter[updated_at][from]": since, "limit": str(_MOST_NOTES)}
    for entity in _ENTITIES:
        answer = mapping(client.get(f"/api/v4/{entity}/notes", query))
        for each in rows(mapping(answer.get("_embedded")).get("notes")):
            if mapping(each.get("params")).get("uniq") == note.api_call_id:
                return _written(client, text(each.get("id")), entity, text(each.get("entity_id")))
    return None


def _shape(note: CallNote) -> dict[str, Any]:
    status = _TALKED if note.is_answered else _BUSY if note.is_busy else _NOT_REACHED
    call: dict[str, Any] = {
        "direction": "inbound" if note.is_incoming else "outbound",
        "uniq": note.api_call_id,
        "duration": note.talk_seconds,
        "source": SOURCE,
        "phone": f"+{note.number}",
        "call_status": status,
        "call_result": "",
        "created_at": to_unix(note.started_at),
        "request_id": note.api_call_id,
    }
    if note.record_url:
        call["link"] = note.record_url
    if note.user.isdecimal():
        call["call_responsible"] = int(note.user)
        call["responsible_user_id"] = int(note.user)
    return call


def _is_unknown(reply: Reply) -> bool:
    """400 with "Entity not found", in the problem itself or among the faults of single rows."""
    return reply.status in (200, 400) and "entity not found" in str(reply.data).casefold()


def _written(client: Client, note_id: str, entity: str, entity_id: str) -> Written:
    """`contact` and `contacts` are both what amoCRM calls it, here and there."""
    name = {"company": "companies"}.get(entity, entity if entity.endswith("s") else f"{entity}s")
    page = f"{client.url}/{name}/detail/{entity_id}" if name in _ENTITIES and entity_id.isdecimal() else ""
    return Written(note_id[:120], page[:300])
