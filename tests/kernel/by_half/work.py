"""Acts about calls that are over: who was missed, remarks, files that are asked for, records, background jobs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

from portal.accounts.trail import export as trail_export
from portal.accounts.trail.queries import TrailFilters
from portal.calls.export import job as call_export
from portal.calls.log.filters import CallFilters
from portal.calls.models import CallRecord
from portal.calls.remarks import on_calls, tags
from portal.calls.remarks.models import CallTag
from portal.calls.saved import services as views
from portal.calls.saved.models import SavedView
from portal.contacts.exchange import export as contact_export
from portal.contacts.exchange import imports
from portal.contacts.exchange.models import ContactImport
from portal.followups import services as followups
from portal.followups.models import FollowUp
from portal.jobs import services as jobs
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.jobs import Job
from portal.recordings import archive as record_archive
from portal.recordings import removal
from portal.recordings.models import Recording, RecordingState
from tests.followups.desk import missed
from tests.jobs.finish import finish_jobs
from tests.kernel.by_half.world import Act, World
from tests.people import ANNA


def missed_calls(at: World) -> Iterator[Act]:
    """Somebody's, due, done with, opened again."""
    missed(at.app, at.cast.north)
    anna, one = at.user(ANNA), at.newest(FollowUp)
    yield at.north(lambda: followups.assign(one, user_id=anna))
    yield at.north(lambda: followups.set_due(one, now() + timedelta(hours=3)))
    yield at.north(lambda: followups.close(one, "other", "A wrong number", "Anna"))
    yield at.north(lambda: followups.reopen(one))
    yield at.north(lambda: followups.set_minutes(45))


def remarks(at: World) -> Iterator[Act]:
    """A tag and a note of a call; a tag and a view that go and come back."""
    missed(at.app, at.cast.north)
    at.north(lambda: tags.add_tag("Order", "good"))()
    call, tag, anna = at.newest(CallRecord), at.newest(CallTag), at.user(ANNA)
    yield at.north(lambda: on_calls.tag_call(db.session.get_one(CallRecord, call), tag))
    yield at.north(lambda: on_calls.untag_call(db.session.get_one(CallRecord, call), tag))
    yield at.north(lambda: on_calls.write_note(db.session.get_one(CallRecord, call), "Call again", "Anna", 0))
    yield at.north(lambda: tags.remove_tag(tag))
    who = views.Viewer(anna, may_share=True)
    at.north(lambda: views.save_view(who, "Missed", {"outcome": "missed"}, None, is_shared=True))()
    view = at.newest(SavedView)
    at.north(lambda: views.remove_view(who, view))()
    yield at.north(lambda: views.restore_view(who, view))
    yield at.north(lambda: views.set_columns(anna, ["started_at", "caller"], is_dense=True))


def files(at: World) -> Iterator[Act]:
    """What is asked for as a file, and jobs that are ended and begun anew."""
    missed(at.app, at.cast.north)
    yield at.north(lambda: trail_export.begin_trail_export(TrailFilters()))
    yield at.north(lambda: call_export.begin_export(CallFilters(), "csv", "all calls", 1))
    yield at.north(lambda: contact_export.begin_export("csv"))
    waiting = at.newest(Job)
    yield at.north(lambda: jobs.cancel(db.session.get_one(Job, waiting)))
    yield at.north(lambda: jobs.again(db.session.get_one(Job, waiting)))


def books(at: World) -> Iterator[Act]:
    """A file of contacts: brought, sorted out, taken over, taken back."""
    storage = at.app.extensions["portal.storage"]
    file = "Имя;Телефон\nPetr;+7 903 999-88-77\n".encode()
    yield at.north(lambda: imports.bring_file(storage, "book.csv", io.BytesIO(file)))
    brought = at.newest(ContactImport)
    yield at.north(lambda: imports.set_columns(imports.find_import(brought), ["name", "number"]))
    yield at.north(lambda: imports.begin_import(imports.find_import(brought)))
    finish_jobs(at.app, at.cast.north)
    yield at.north(lambda: imports.undo_import(imports.find_import(brought)))


def records(at: World) -> Iterator[Act]:
    """An archive is asked for, a record is deleted."""
    missed(at.app, at.cast.north)
    call = at.newest(CallRecord)
    record = {"call_id": call, "file_name": "call.wav", "state": RecordingState.READY}
    at.north(lambda: db.session.add(Recording(**record)))()
    yield at.north(lambda: record_archive.begin_archive(CallFilters(), "all calls"))
    row = at.newest(Recording)
    yield at.north(lambda: removal.delete_record(db.session.get_one(Recording, row)))
