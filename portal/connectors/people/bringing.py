"""The CRM's users as it told them at a moment: kept, compared with ours, brought in, taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from portal.connectors.links import CHANGED, crm_link
from portal.connectors.models import BringState, CrmKind, CrmUserBringing
from portal.contacts.services import bring_crm_users, take_back_crm_users
from portal.contacts.services.crm_people import Difference, Person, compare
from portal.kernel.db import announce, db
from portal.kernel.errors import Conflict, NotFound
from portal.kernel.i18n import gettext as _


def keep_people(people: Sequence[Person]) -> CrmUserBringing:
    """A preview of what the CRM has just told. Raises `NotFound` where it was disconnected meanwhile."""
    link = crm_link()
    if link is None:
        raise NotFound
    told = [asdict(person) for person in people]
    bringing = CrmUserBringing(kind=CrmKind(link.kind), people=told)
    db.session.add(bringing)
    db.session.flush()
    return bringing


def find_bringing(bringing_id: int, *, locks: bool = False) -> CrmUserBringing:
    """Raises `NotFound`."""
    found = db.session.get(CrmUserBringing, bringing_id, with_for_update=locks or None, populate_existing=locks)
    if found is None:
        raise NotFound
    return found


def differences(bringing: CrmUserBringing) -> list[Difference]:
    """What bringing them in would do now."""
    return compare(_people(bringing))


def take(bringing_id: int, chosen: Collection[str]) -> CrmUserBringing:
    """Brings in those who were chosen, by the CRM's ids. Raises `NotFound`, `Conflict` where that was done already."""
    bringing = find_bringing(bringing_id, locks=True)
    if bringing.state != BringState.PREVIEW:
        raise Conflict(_("These users have been brought in already."))
    bringing.done = bring_crm_users(_people(bringing), chosen)
    bringing.state = BringState.DONE
    announce(CHANGED)
    return bringing


def take_back(bringing_id: int) -> int:
    """Undoes it; answers how many users were left, since somebody has changed them. Raises `NotFound`, `Conflict`."""
    bringing = find_bringing(bringing_id, locks=True)
    if bringing.state != BringState.DONE:
        raise Conflict(_("There is nothing to take back."))
    bringing.state = BringState.UNDONE
    announce(CHANGED)
    return take_back_crm_users(bringing.done)


def _people(bringing: CrmUserBringing) -> list[Person]:
    return [Person(**each) for each in bringing.people]
