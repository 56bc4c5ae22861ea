"""Deleting one record by hand."""

from __future__ import annotations

from flask import current_app, url_for
from flask.typing import ResponseReturnValue

from portal.calls.queries import find_call
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.recordings.feature import feature
from portal.recordings.queries import recording_of
from portal.recordings.removal import delete_record, let_go
from portal.web import htmx
from portal.web.access import Permission


@feature.post("/calls/<string(length=32):api_call_id>/record/delete", needs=Permission.MANAGE_RECORDS, writes=False)
def delete(api_call_id: str) -> ResponseReturnValue:
    """The row first, and the audio after its commit: nobody is promised what is gone."""
    with transaction(current_account_id()):
        call = find_call(api_call_id)
        recording = recording_of(call) if call else None
        if recording is None:
            raise NotFound
        delete_record(recording)
    let_go(current_app._get_current_object(), recording.account_id, recording.id)  # type: ignore[attr-defined]  # noqa: SLF001
    return htmx.done(_("The record was deleted."), back_to=url_for("calls.call", api_call_id=api_call_id))
