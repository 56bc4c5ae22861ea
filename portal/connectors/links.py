"""What people do with the link to the CRM: connect, switch, disconnect. Its address was tried at the door before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from portal.accounts.audit import audit
from portal.connectors.models import CrmCall, CrmKind, CrmLink, CrmUserBringing, Way
from portal.connectors.secrets import Secrets
from portal.contacts.services import forget_crm_ids
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import NotFound
from portal.kernel.secrets import Vault
from portal.routing.lookup.state import forget_all

CHANGED = "crm-changed"
"""Announced when what the page of the CRM shows has changed."""
TITLES = {CrmKind.AMOCRM: "amoCRM", CrmKind.BITRIX24: "Bitrix24"}


@dataclass(frozen=True, slots=True)
class Reached:
    """A CRM that let us in, or, with no token yet, an application that is still to be let in."""

    kind: CrmKind
    way: Way
    url: str
    secrets: Secrets
    token_until: datetime | None = None
    known_as: str = ""


def crm_link(*, locks: bool = False) -> CrmLink | None:
    """The account's link, or None where it has none. `locks` reads it anew."""
    query = select(CrmLink)
    if locks:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def title_of(link: CrmLink) -> str:
    """What the CRM is called."""
    return TITLES[CrmKind(link.kind)]


def connect(vault: Vault, reached: Reached) -> CrmLink:
    """Keeps how the CRM is reached. Another CRM knows nothing of the earlier one's users and calls."""
    link = crm_link(locks=True)
    before = _shape(link) if link else None
    if link is None:
        link = CrmLink(kind=reached.kind, way=reached.way, url=reached.url, sealed="")
        db.session.add(link)
    elif (link.kind, link.url) != (reached.kind, reached.url):
        _forget()
    link.kind, link.way, link.url, link.known_as = reached.kind, reached.way, reached.url, reached.known_as[:200]
    link.sealed, link.token_until = reached.secrets.sealed(vault), reached.token_until
    link.renewing = link.renewing_until = None
    link.trouble, link.detail, link.failures, link.resting_until = "", "", 0, None
    link.good_at = now() if reached.known_as else None
    link.connected_at = now()
    forget_all()
    audit("crm.connect", f"{title_of(link)} {link.url}", before=before, after=_shape(link))
    announce(CHANGED)
    return link


def disconnect() -> str:
    """Forgets the secrets and all that was the CRM's; answers its name. Raises `NotFound`."""
    link = crm_link(locks=True)
    if link is None:
        raise NotFound
    title = title_of(link)
    _forget()
    forget_all()
    audit("crm.disconnect", f"{title} {link.url}", before=_shape(link))
    db.session.delete(link)
    db.session.flush()
    announce(CHANGED)
    return title


def switch(*, writes_calls: bool, shows_cards: bool, creates_contacts: bool) -> CrmLink:
    """What the CRM is told. Raises `NotFound`."""
    link = crm_link(locks=True)
    if link is None:
        raise NotFound
    before = _switches(link)
    link.writes_calls, link.shows_cards, link.creates_contacts = writes_calls, shows_cards, creates_contacts
    audit("crm.switch", title_of(link), before=before, after=_switches(link))
    announce(CHANGED)
    return link


def _forget() -> None:
    """Ids are the CRM's own, links to records are for its people, and what was still to be told is for nobody."""
    forget_crm_ids()
    db.session.execute(delete(CrmUserBringing))
    db.session.execute(update(CrmCall).values(link_hash=None, sealed_link=None, due_at=None, is_touched=False))


def _switches(link: CrmLink) -> dict[str, object]:
    return {
        "writes_calls": link.writes_calls,
        "shows_cards": link.shows_cards,
        "creates_contacts": link.creates_contacts,
    }


def _shape(link: CrmLink) -> dict[str, object]:
    return {"kind": link.kind, "way": link.way, "url": link.url, "known_as": link.known_as}
