"""What this room shows on the page of a call: whether the CRM knows of it, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.calls.panels import CallPanel
from portal.connectors.links import crm_link, title_of
from portal.connectors.models import CrmCall
from portal.connectors.words import trouble_word
from portal.kernel.db import db


def _load(calls: Sequence[CallRecord]) -> Mapping[int, Any]:
    rows = db.session.scalars(select(CrmCall).where(CrmCall.call_id.in_([call.id for call in calls]))).all()
    if not rows:
        return {}
    link = crm_link()
    title = title_of(link) if link is not None else "CRM"
    return {row.call_id: _known(row, title, is_connected=link is not None) for row in rows}


def _known(row: CrmCall, title: str, *, is_connected: bool) -> dict[str, Any]:
    word = trouble_word(row.trouble) if row.trouble else ""
    return {"row": row, "title": title, "word": word, "is_connected": is_connected}


CRM_PANEL = CallPanel(
    heading=lambda: "CRM", load=_load, section="connectors/_crm_call.html", is_left_out_when_unknown=True
)
