"""What people ask for: calls that the CRM has not taken are told once more."""

from __future__ import annotations

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.calls.models import CallRecord
from portal.connectors.links import CHANGED, crm_link
from portal.connectors.models import CrmCall, NoteState
from portal.connectors.telling.marks import mark_again
from portal.kernel.db import announce, db
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.i18n import gettext as _

_AT_ONCE = 5000


def write_again(api_call_id: str) -> None:
    """One call. Raises `NotFound`, `Conflict` where it is written or on its way."""
    query = select(CrmCall).join(CallRecord, CallRecord.id == CrmCall.call_id)
    row = db.session.scalar(query.where(CallRecord.api_call_id == api_call_id).with_for_update(of=CrmCall))
    if row is None or crm_link() is None:
        raise NotFound
    if row.state != NoteState.FAILED:
        raise Conflict(_("This call is written already, or on its way."))
    _again(row)
    audit("crm.write-again", api_call_id)


def write_all_again() -> int:
    """Every call that was given up; answers how many."""
    if crm_link() is None:
        raise NotFound
    failed = select(CrmCall).where(CrmCall.state == NoteState.FAILED).order_by(CrmCall.id).limit(_AT_ONCE)
    rows = db.session.scalars(failed.with_for_update()).all()
    for row in rows:
        _again(row)
    audit("crm.write-again", str(len(rows)))
    announce(CHANGED)
    return len(rows)


def _again(row: CrmCall) -> None:
    row.state, row.trouble, row.detail = NoteState.OPEN, "", ""
    mark_again(row)
