"""Reads of routing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.contacts.models import CrmUser
from portal.kernel.db import db
from portal.routing.models import HuntGroup, HuntMember

NEW_CONTACTS = "new-contacts"
"""The name of the group that takes calls of new contacts; every account has it from its opening."""


def new_contact_group(*, locks: bool = False) -> HuntGroup:
    """The group with its members, their CRM users and SIP accounts; `locks` keeps other writers of it waiting."""
    query = (
        select(HuntGroup)
        .where(HuntGroup.name == NEW_CONTACTS)
        .options(selectinload(HuntGroup.members).joinedload(HuntMember.crm_user).joinedload(CrmUser.sip_line))
    )
    # SQLite has no row locks: there a writing transaction waits for the one writer from its beginning.
    return db.session.scalars(query.with_for_update() if locks else query).unique().one()


def receivers(group: HuntGroup) -> Sequence[HuntMember]:
    """The members in their order, without those whose CRM user was removed (a removal can be undone)."""
    return [member for member in group.members if member.crm_user.removed_at is None]
