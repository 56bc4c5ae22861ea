"""What the page of the CRM shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from portal.connectors.forms import AmoForm, BitrixForm, SwitchesForm, saved_amo, saved_bitrix, saved_switches
from portal.connectors.links import crm_link, title_of
from portal.connectors.models import BringState, CrmCall, CrmKind, CrmLink, CrmUserBringing, NoteState, Way
from portal.connectors.state import is_resting
from portal.connectors.words import trouble_word
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.http import Trouble
from portal.kernel.i18n import gettext as _
from portal.recordings.models import MPEG
from portal.recordings.queries import latest_recording
from portal.routing.known_rules import known_contact_rules
from portal.routing.lookup.state import lookup_state
from portal.routing.lookup.words import answer_in_words
from portal.routing.models import ContactSource
from portal.web.addresses import public_url

PAGE = "connectors/index.html"


def crm_page(
    amo: AmoForm | None = None,
    bitrix: BitrixForm | None = None,
    switches: SwitchesForm | None = None,
    *,
    found: str = "",
) -> dict[str, Any]:
    """The page as saved, or as it was typed and refused; `found` is what a check of the connection found."""
    link = crm_link()
    return {
        "link": link,
        "title": title_of(link) if link else "",
        "amo": amo or saved_amo(link),
        "bitrix": bitrix or saved_bitrix(link),
        "switches": switches or saved_switches(link),
        "found": found,
        "is_waiting": link is not None and link.way == Way.APPLICATION and not link.known_as,
        "is_webhook": link is not None and link.way == Way.WEBHOOK,
        "plays_no_records": _plays_no_records(link),
        "return_url": public_url("connectors.authorised"),
        "bringing": _last_bringing(),
        **state_part(link),
    }


def state_part(link: CrmLink | None) -> dict[str, Any]:
    """How it goes."""
    asked, rules = lookup_state(), known_contact_rules()
    return {
        "link": link,
        "title": title_of(link) if link else "",
        "trouble": trouble_word(link.trouble) if link and link.trouble else "",
        "is_resting": link is not None and is_resting(link, now()),
        "asked": asked,
        "answer": answer_in_words(asked, rules.budget_ms) if asked else None,
        "is_asked": ContactSource.LOOKUP in rules.sources,
        "waiting": _count(CrmCall.due_at.is_not(None)),
        "failed": _count(CrmCall.state == NoteState.FAILED),
    }


def crm_in_words() -> str:
    """How it stands, for the row that leads here."""
    link = crm_link()
    if link is None:
        return _("not connected")
    if link.trouble:
        return f"{title_of(link)}: {trouble_word(link.trouble)}"
    if link.way == Way.APPLICATION and not link.known_as:
        return f"{title_of(link)}: {trouble_word(Trouble.NOT_AUTHORISED)}"
    return _("%(name)s is connected", name=title_of(link))


def _plays_no_records(link: CrmLink | None) -> bool:
    """Whether the CRM's card cannot play what we record: amoCRM's player takes MP3 only."""
    if link is None or link.kind != CrmKind.AMOCRM:
        return False
    record = latest_recording()
    return record is not None and record.media_type != MPEG


def _last_bringing() -> CrmUserBringing | None:
    query = select(CrmUserBringing).where(CrmUserBringing.state != BringState.PREVIEW)
    return db.session.scalar(query.order_by(CrmUserBringing.id.desc()).limit(1))


def _count(condition: Any) -> int:
    return db.session.scalar(select(func.count(CrmCall.id)).where(condition)) or 0
