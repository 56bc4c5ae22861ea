"""The audio of a call, for players and for saving."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.calls.queries import find_call
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.recordings import serving
from portal.recordings.feature import feature
from portal.recordings.names import name_for_people
from portal.recordings.queries import recording_of
from portal.web.access import Permission


@feature.get("/calls/<string(length=32):api_call_id>/record", needs=Permission.LISTEN)
def audio(api_call_id: str) -> ResponseReturnValue:
    call = find_call(api_call_id)
    recording = recording_of(call) if call else None
    if call is None or recording is None:
        raise NotFound(_("There is no record to hear."))
    download_name = name_for_people(call, recording) if "download" in request.args else None
    return serving.respond(recording, download_name=download_name)
