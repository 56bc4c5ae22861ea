"""The page of one call: everything that is known of it."""

from __future__ import annotations

from typing import Any

from portal.calls.models import CallRecord
from portal.calls.panels import page_panels
from portal.calls.queries import calls_with, find_call
from portal.calls.remarks.forms import ChooseTagForm, NoteForm
from portal.calls.remarks.on_calls import Remarks, remarks_of
from portal.calls.timeline import timeline_of
from portal.contacts.queries import owner_of
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.telephony.engine import CallKind


def the_call(api_call_id: str) -> CallRecord:
    """The account's call with this id. Raises `NotFound`."""
    found = find_call(api_call_id)
    if found is None:
        raise NotFound
    return found


def page_of(call: CallRecord) -> dict[str, Any]:
    """What `calls/call.html` shows."""
    is_client = bool(call.other) and call.kind != CallKind.INTERNAL
    return {
        "timeline": timeline_of(call, clock.now()),
        "panels": page_panels(call),
        "owner": owner_of(call.other) if call.other and is_client else None,
        "earlier": calls_with(call.other, before=call) if call.other else [],
        **remark_part(call),
    }


def remark_part(call: CallRecord) -> dict[str, Any]:
    """What `calls/_remarks.html` shows."""
    remarks = remarks_of([call]).get(call.id, Remarks())
    return {
        "call": call,
        "remarks": remarks,
        "choose": ChooseTagForm.besides(*(tag.id for tag in remarks.tags)),
        "note_form": NoteForm.of(remarks.note),
        "other_note": None,
    }
