"""Reads of routing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.contacts.models import CrmUser
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.routing.models import HuntGroup, HuntMember

NEW_CONTACTS = "new-contacts"
"""The name of the group that takes calls of new contacts; every account has it from its opening."""

_WITH_MEMBERS = (
    selectinload(HuntGroup.members).joinedload(HuntMember.crm_user).joinedload(CrmUser.sip_line),
    selectinload(HuntGroup.fallbacks),
)


def new_contact_group(*, locks: bool = False) -> HuntGroup:
    """The group with its members, their CRM users and SIP accounts; `locks` keeps other writers of it waiting."""
    query = select(HuntGroup).where(HuntGroup.name == NEW_CONTACTS).options(*_WITH_MEMBERS)
    # SQLite has no row locks: there a writing transaction waits for the one writer from its beginning.
    return db.session.scalars(query.with_for_update() if locks else query).unique().one()


def hunt_groups() -> Sequence[HuntGroup]:
    """All groups with their members, that of new contacts first, then by name."""
    query = select(HuntGroup).where(HuntGroup.removed_at.is_(None)).options(*_WITH_MEMBERS)
    groups = db.session.scalars(query).unique()
    return sorted(groups, key=lambda group: (group.name != NEW_CONTACTS, group.name.casefold()))


def other_groups() -> Sequence[HuntGroup]:
    """The groups besides that of new contacts, by name."""
    return [group for group in hunt_groups() if group.name != NEW_CONTACTS]


def find_group(group_id: int) -> HuntGroup:
    """A group other than that of new contacts. Raises `NotFound`, also for a removed one."""
    group = any_group(group_id)
    if group.name == NEW_CONTACTS:
        raise NotFound
    return group


def any_group(group_id: int, *, locks: bool = False) -> HuntGroup:
    """A group, also that of new contacts; `locks` keeps other writers of it waiting. Raises `NotFound`."""
    query = select(HuntGroup).where(HuntGroup.id == group_id, HuntGroup.removed_at.is_(None)).options(*_WITH_MEMBERS)
    group = db.session.scalar(query.with_for_update() if locks else query)
    if group is None:
        raise NotFound
    return group


def receivers(group: HuntGroup) -> Sequence[HuntMember]:
    """The members in their order, without those whose CRM user was removed (a removal can be undone)."""
    return [member for member in group.members if member.crm_user.removed_at is None]
