"""Who listened to a record and who took it away, and when: by the page and by the API alike."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import db, transaction, upsert
from portal.kernel.secrets import random_word
from portal.recordings.models import HearingKind, RecordHearing, Recording

_MOST_SHOWN = 100


def note_heard(recording: Recording, kind: HearingKind) -> None:
    """Notes it in a transaction of its own: a listening once per person and hour, a download each time."""
    actor, moment = current_actor(), now()
    who = f"user {actor.user_id}" if actor.user_id else actor.name
    occasion = f"{who[:60]} {moment:%Y-%m-%dT%H}" if kind is HearingKind.LISTENED else random_word(20)
    if _is_noted(recording, kind, occasion):
        return
    facts = {"recording_id": recording.id, "kind": kind, "occasion": occasion}
    with transaction(recording.account_id):
        upsert(
            RecordHearing,
            facts | {"who": actor.name[:254], "address": actor.address, "at": moment},
            key=["account_id", "recording_id", "kind", "occasion"],
        )


def note_packed(recording_ids: Sequence[int], job_id: int) -> None:
    """The present transaction's actor got these records in one archive; a job that is done anew notes them once."""
    if not recording_ids:
        return
    facts = {"kind": HearingKind.PACKED, "occasion": f"job {job_id}", "who": current_actor().name[:254], "at": now()}
    rows = [facts | {"recording_id": recording_id} for recording_id in recording_ids]
    upsert(RecordHearing, rows, key=["account_id", "recording_id", "kind", "occasion"])


def hearings_of(recording: Recording) -> Sequence[RecordHearing]:
    """The latest hearings of a record, newest first."""
    return db.session.scalars(
        select(RecordHearing)
        .where(RecordHearing.recording_id == recording.id)
        .order_by(RecordHearing.at.desc(), RecordHearing.id.desc())
        .limit(_MOST_SHOWN)
    ).all()


def _is_noted(recording: Recording, kind: HearingKind, occasion: str) -> bool:
    """A player asks for part after part: only the first of them is to write."""
    known = select(RecordHearing.id).where(
        RecordHearing.recording_id == recording.id, RecordHearing.kind == kind, RecordHearing.occasion == occasion
    )
    return db.session.scalar(known) is not None
