"""Bitrix24 as a connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.connectors.bitrix24.client import Client
from portal.connectors.protocol import CallNote, Written
from portal.connectors.talking import mapping, rows, text
from portal.contacts.services.crm_people import Person
from portal.kernel.http import ServiceTrouble, Trouble
from portal.routing.lookup import LookupFailed, Named

_OUTGOING, _INCOMING = 1, 2
_DONE, _MISSED, _BUSY = "200", "304", "486"
_TELEPHONY = "telephony.externalcall"


class Bitrix24:
    """See `Connector`. Cards and calls are for applications only: a webhook is told `WRONG_AUTH_TYPE`."""

    takes_records_later = True

    def __init__(self, client: Client) -> None:
        self._client = client

    def check(self) -> str:
        """In whose name we ask."""
        who = mapping(self._client.call("profile").get("result"))
        return " ".join(filter(None, (text(who.get("NAME")), text(who.get("LAST_NAME"))))) or text(who.get("ID"))

    def people(self) -> Sequence[Person]:
        """Employees that work there; Bitrix24 leaves bots and integrators out."""
        asked = {"FILTER": {"ACTIVE": True}, "SORT": "ID", "ORDER": "ASC"}
        found = []
        for row in self._client.each("user.get", asked):
            crm_id = text(row.get("ID"))
            names = (text(row.get("NAME")), text(row.get("LAST_NAME")))
            name = " ".join(filter(None, names)) or text(row.get("EMAIL"))
            mobile, inner = text(row.get("PERSONAL_MOBILE")), text(row.get("UF_PHONE_INNER"))
            if crm_id and row.get("ACTIVE", True) in (True, "Y"):
                found.append(Person(crm_id, name, mobile, inner))
        return found

    def ask(self, number: str, did: str, *, seconds: float) -> Named | None:  # noqa: ARG002 (the line makes no difference)
        """Who is responsible for the first of the cards with this number: Bitrix24 sorts them by weight."""
        try:
            answer = self._client.call(
                f"{_TELEPHONY}.searchCrmEntities", {"PHONE_NUMBER": f"+{number}"}, seconds=seconds
            )
        except ServiceTrouble as failure:
            raise LookupFailed(f"Bitrix24: {failure.detail or failure.trouble.value}") from None
        owner = _owner(answer)
        return Named(owner, crm_id=owner) if owner else None

    def show_card(self, note: CallNote, users: Sequence[str]) -> str:
        """The first time by registering the call, whose card opens for one user; for the others it is shown."""
        call_id, others = note.outside_id, list(users)
        if not call_id:
            call_id, _card = self._register(note, others[0], shows=True)
            others = others[1:]
        if others:
            self._client.call(f"{_TELEPHONY}.show", {"CALL_ID": call_id, "USER_ID": others})
        return call_id

    def hide_card(self, note: CallNote, users: Sequence[str]) -> None:
        """From the screens of those who did not take the call."""
        if note.outside_id and users:
            self._client.call(f"{_TELEPHONY}.hide", {"CALL_ID": note.outside_id, "USER_ID": list(users)})

    def write_call(self, note: CallNote) -> Written:
        """Registers the call where that was not done while it rang, and finishes it."""
        user = note.user or self._stands_in(note.number)
        call_id = note.outside_id or self._register(note, user, shows=False)[0]
        finish = {
            "CALL_ID": call_id,
            "USER_ID": user,
            "DURATION": note.talk_seconds,
            "STATUS_CODE": _DONE if note.is_answered else _BUSY if note.is_busy else _MISSED,
            "ADD_TO_CHAT": 0,
        }
        try:
            self._client.call(f"{_TELEPHONY}.finish", finish)
        except ServiceTrouble as failure:
            # A call that is finished is not found any more: the try before has done it.
            if not (note.was_tried and failure.trouble is Trouble.REFUSED and "NOT_FOUND" in failure.detail):
                raise
        return Written(call_id)

    def add_record(self, note: CallNote) -> None:
        """Bitrix24 fetches it from our link, and goes by its name's ending; a second time replaces the first."""
        asked = {"CALL_ID": note.outside_id, "FILENAME": note.record_name, "RECORD_URL": note.record_url}
        self._client.call(f"{_TELEPHONY}.attachRecord", asked)

    def _stands_in(self, number: str) -> str:
        """In whose name a call is written that rang nobody known there, since it takes none without a user: who is
        responsible for the caller's card, else the one in whose name we ask.
        """
        found = self._client.call(f"{_TELEPHONY}.searchCrmEntities", {"PHONE_NUMBER": f"+{number}"})
        user = _owner(found) or text(mapping(self._client.call("profile").get("result")).get("ID"))
        if not user:
            raise ServiceTrouble(Trouble.NO_USER)
        return user

    def _register(self, note: CallNote, user: str, *, shows: bool) -> tuple[str, str]:
        """Our own id goes along: without it, a second call of a number within 30 minutes is taken for the first."""
        asked: dict[str, Any] = {
            "USER_ID": user,
            "PHONE_NUMBER": f"+{note.number}",
            "TYPE": _INCOMING if note.is_incoming else _OUTGOING,
            "CALL_START_DATE": note.started_at.isoformat(timespec="seconds"),
            "CRM_CREATE": int(note.creates_contact),
            "SHOW": int(shows),
            "EXTERNAL_CALL_ID": note.api_call_id,
        }
        if note.line:
            asked["LINE_NUMBER"] = note.line
        result = mapping(self._client.call(f"{_TELEPHONY}.register", asked).get("result"))
        call_id = text(result.get("CALL_ID"))
        if not call_id:
            raise ServiceTrouble(Trouble.NONSENSE, "no CALL_ID in the answer")
        return call_id[:120], text(result.get("CRM_ENTITY_TYPE"))


def _owner(answer: Mapping[str, Any]) -> str:
    """Who is responsible for the first card that has somebody; "" for nobody."""
    owners = (text(card.get("ASSIGNED_BY_ID")) for card in rows(answer.get("result")))
    return next((each for each in owners if each not in ("", "0")), "")
