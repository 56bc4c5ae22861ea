"""The pages of imports and exports."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts.exchange import imports
from portal.contacts.exchange.export import FORMATS, begin_export
from portal.contacts.exchange.models import ContactImport, ImportState
from portal.contacts.exchange.reading import Meaning, table_head
from portal.contacts.feature import feature
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.storage import BlobStore
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission


@feature.url_value_preprocessor
def allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only here may a form be larger than a form: asked before anything reads it."""
    if endpoint == "contacts.bring_file":
        request.max_content_length = imports.LARGEST_FILE + 1_000_000


@feature.get("/import", needs=Permission.MANAGE_CONTACTS)
def exchange() -> ResponseReturnValue:
    return _exchange_page()


@feature.post("/import", needs=Permission.MANAGE_CONTACTS)
def bring_file() -> ResponseReturnValue:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _exchange_page(_("Choose a file with contacts: CSV or vCard."), 422)
    try:
        row = imports.bring_file(_storage(), file.filename, file.stream)
    except Refused as error:
        return _exchange_page(error.message, 422)
    finally:
        file.close()
    return htmx.go_to(url_for("contacts.contact_import", import_id=row.id))


@feature.get("/import/<int:import_id>", needs=Permission.MANAGE_CONTACTS)
def contact_import(import_id: int) -> ResponseReturnValue:
    return _import_page(imports.find_import(import_id))


@feature.post("/import/<int:import_id>/columns", needs=Permission.MANAGE_CONTACTS)
def set_import_columns(import_id: int) -> ResponseReturnValue:
    row = imports.find_import(import_id)
    try:
        imports.set_columns(row, request.form.getlist("column"))
    except Refused as error:
        return _import_page(row, error.message, 422)
    return htmx.go_to(url_for("contacts.contact_import", import_id=import_id))


@feature.post("/import/<int:import_id>/begin", needs=Permission.MANAGE_CONTACTS)
def begin_import(import_id: int) -> ResponseReturnValue:
    row = imports.find_import(import_id)
    try:
        job = imports.begin_import(row)
    except Refused as error:
        return _import_page(row, error.message, 422)
    return htmx.done(_("The import has begun."), back_to=url_for("jobs.job", job_id=job.id))


@feature.post("/import/<int:import_id>/undo", needs=Permission.MANAGE_CONTACTS)
def undo_import(import_id: int) -> ResponseReturnValue:
    job = imports.undo_import(imports.find_import(import_id))
    return htmx.done(_("The import is being taken back."), back_to=url_for("jobs.job", job_id=job.id))


@feature.get("/export", needs=Permission.EXPORT)
def export_page() -> ResponseReturnValue:
    return htmx.render("contacts/export.html")


@feature.post("/export", needs=Permission.EXPORT)
def export_contacts() -> ResponseReturnValue:
    form = request.form.get("format", "")
    if form not in FORMATS:
        raise Refused(_("Choose CSV or vCard."))
    job = begin_export(form)
    return htmx.done(_("The export has begun."), back_to=url_for("jobs.job", job_id=job.id))


def _exchange_page(problem: str = "", status: int = 200) -> ResponseReturnValue:
    rows = imports.latest_imports()
    context: dict[str, Any] = {
        "problem": problem,
        "imports": rows,
        "words": _states(),
        "stopped": imports.stopped(rows),
    }
    return htmx.render("contacts/exchange.html", status=status, **context)


def _import_page(row: ContactImport, problem: str = "", status: int = 200) -> ResponseReturnValue:
    head, found = None, None
    if row.state == ImportState.PREVIEW:
        head = None if row.is_vcard else table_head(imports.lines_of(_storage(), row))
        # What it would do is done to no row of the database, in a transaction of its own.
        with transaction(current_account_id(), writes=False):
            found = imports.preview(_storage(), row)
    is_stopped = row.id in imports.stopped([row])
    context: dict[str, Any] = {"row": row, "head": head, "preview": found, "meanings": _meanings(), "words": _states()}
    context |= {"is_stopped": is_stopped, "can_undo": imports.can_undo(row)}
    return htmx.render("contacts/import.html", problem=problem, status=status, **context)


def _storage() -> BlobStore:
    storage: BlobStore = current_app.extensions["portal.storage"]
    return storage


def _meanings() -> dict[Meaning, str]:
    return {
        Meaning.NOTHING: _("leave out"),
        Meaning.NAME: _("Name"),
        Meaning.COMPANY: _("Company"),
        Meaning.NUMBER: _("Phone numbers"),
        Meaning.OWNER: _("Looked after by"),
        Meaning.NOTE: _("Note"),
    }


def _states() -> dict[ImportState, str]:
    return {
        ImportState.PREVIEW: _("not begun"),
        ImportState.RUNNING: _("running"),
        ImportState.DONE: _("ready"),
        ImportState.UNDOING: _("is being taken back"),
        ImportState.UNDONE: _("undone"),
    }
