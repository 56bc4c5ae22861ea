"""The audio of a call, for players and for saving."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.calls.models import CallRecord
from portal.calls.queries import find_call
from portal.kernel import phone
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.recordings import panel, serving
from portal.recordings.queries import recording_of
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.filters import zone

feature = Feature("recordings", __name__)
for name, function in panel.FILTERS.items():
    feature.add_app_template_filter(function, name)


@feature.get("/calls/<string(length=32):api_call_id>/record", needs=Permission.LISTEN)
def audio(api_call_id: str) -> ResponseReturnValue:
    call = find_call(api_call_id)
    recording = recording_of(call) if call else None
    if call is None or recording is None:
        raise NotFound(_("There is no record to hear."))
    return serving.respond(recording, download_name=_name_for_people(call) if "download" in request.args else None)


def _name_for_people(call: CallRecord) -> str:
    """`2026-11-23 14-05-12 Igor Batov +7 903 999-88-77.wav`, in the account's zone."""
    parts = (
        f"{call.started_at.astimezone(zone()):%Y-%m-%d %H-%M-%S}",
        call.other_name,
        phone.display(call.other) if call.other else None,
    )
    return f"{' '.join(part for part in parts if part)}.wav"
