"""Files of a form, and files as answers."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request

from portal.helpdesk.feature import desk, helpdesk
from portal.helpdesk.files import LARGEST_FILE, MOST_FILES, Upload
from portal.helpdesk.models import SupportFile
from portal.kernel.errors import NotFound
from portal.kernel.storage import BlobStore
from portal.web import blobs
from portal.web.blobs import Blob, content_disposition

_WITH_FILES = {"helpdesk.ask", "helpdesk.answer", "desk.answer"}


@helpdesk.url_value_preprocessor
@desk.url_value_preprocessor
def allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only here may a form be larger than a form: asked before anything reads it."""
    if endpoint in _WITH_FILES:
        request.max_content_length = (MOST_FILES + 1) * LARGEST_FILE


def uploads() -> list[Upload]:
    """What was chosen; a field that was left empty brings a file without a name."""
    return [Upload(each.filename, each.stream) for each in request.files.getlist("files") if each.filename]  # type: ignore[arg-type]


def storage() -> BlobStore:
    """The installation's store."""
    found: BlobStore = current_app.extensions["portal.storage"]
    return found


def answer_with(found: SupportFile) -> Response:
    """The file to be kept, never to be shown: nothing that somebody sent runs on our pages."""
    if storage().size(found.blob) is None:
        raise NotFound
    ending = found.name.rpartition(".")[2].lower()
    disposition = content_disposition("attachment", f"file-{found.id}.{ending}", found.name)
    etag = f"support-{found.id}-{found.octets}"
    response = blobs.answer(Blob(found.blob, found.octets, etag, found.media_type, disposition))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response
