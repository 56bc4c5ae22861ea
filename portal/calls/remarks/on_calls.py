"""Tags and the note of one call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from portal.accounts.audit import audit
from portal.calls.logged import LoggedCall
from portal.calls.models import CallRecord
from portal.calls.remarks.models import CallNote, CallTag, CallTagging
from portal.calls.remarks.tags import find_tag
from portal.kernel.among import among
from portal.kernel.clock import now
from portal.kernel.db import announce, db, upsert
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _

LONGEST_NOTE = 4000
# Built once, for each page of the log.
_TAGGINGS = (
    select(CallTagging)
    .join(CallTagging.tag)
    .where(among(CallTagging.call_id, "ids"), CallTag.removed_at.is_(None))
    .options(contains_eager(CallTagging.tag))
    .order_by(CallTag.folded)
)
_NOTES = select(CallNote).where(among(CallNote.call_id, "ids"), CallNote.text != "")


class NoteChanged(Conflict):
    """Somebody else has changed the note since it was read; `present` is what stands there now."""

    def __init__(self, present: CallNote) -> None:
        super().__init__(_("Somebody else has changed this note meanwhile. Nothing was saved."))
        self.present = present


@dataclass(slots=True)
class Remarks:
    """What people added to one call."""

    tags: list[CallTag] = field(default_factory=list)
    note: CallNote | None = None


def remarks_of(calls: Iterable[CallRecord | LoggedCall]) -> dict[int, Remarks]:
    """By the call's row id; a call without any is not in the answer. Two queries."""
    ids = [call.id for call in calls]
    if not ids:
        return {}
    found: dict[int, Remarks] = {}
    for tagging in db.session.scalars(_TAGGINGS, {"ids": ids}):
        found.setdefault(tagging.call_id, Remarks()).tags.append(tagging.tag)
    for note in db.session.scalars(_NOTES, {"ids": ids}):
        found.setdefault(note.call_id, Remarks()).note = note
    return found


def tag_call(call: CallRecord, tag_id: int) -> CallTag:
    """Puts a tag on a call; twice is once. Raises `NotFound` for a tag that is not on the list."""
    tag = find_tag(tag_id)
    values = {"call_id": call.id, "tag_id": tag.id, "started_at": call.started_at}
    if upsert(CallTagging, values, key=["account_id", "call_id", "tag_id"]):
        audit("call.tag", call.api_call_id, after={"tag": tag.name})
    announce("remarks-changed")
    return tag


def untag_call(call: CallRecord, tag_id: int) -> CallTag:
    """Takes a tag off a call. Raises `NotFound` for a tag that is not on the list."""
    tag = find_tag(tag_id)
    tagging = db.session.scalar(select(CallTagging).where(CallTagging.call_id == call.id, CallTagging.tag_id == tag.id))
    if tagging is not None:
        db.session.delete(tagging)
        audit("call.untag", call.api_call_id, before={"tag": tag.name})
    announce("remarks-changed")
    return tag


def write_note(call: CallRecord, text: str, by: str, based_on: int) -> CallNote:
    """Writes the note anew, or empties it; `based_on` is the version that was read, 0 for none.

    Raises `Refused(field="text")`, `NoteChanged` where somebody else saved another text since then.
    """
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise Refused(_("A note has at most %(count)s characters.", count=LONGEST_NOTE), "text")
    if "\0" in text:
        raise Refused(_("This note has a character that cannot be shown."), "text")
    upsert(
        CallNote, {"call_id": call.id, "text": "", "version": 0, "by": by, "at": now()}, key=["account_id", "call_id"]
    )
    note = db.session.scalars(
        select(CallNote).where(CallNote.call_id == call.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if note.text == text:
        return note
    if note.version != based_on:
        raise NoteChanged(note)
    audit("call.note", call.api_call_id, before={"note": note.text}, after={"note": text})
    note.text, note.version, note.by, note.at = text, note.version + 1, by, now()
    announce("remarks-changed")
    return note
