"""Groups besides that of new contacts: named, filled, and passed calls that another group could not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.contacts.services.crm_users import clean_name
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.routing.models import HuntFallback, HuntGroup
from portal.routing.queries import NEW_CONTACTS, find_group, hunt_groups
from portal.routing.services import set_receivers, set_strategy
from portal.routing.undoing import remember

_LONGEST_NAME = 100
_MOST_GROUPS = 50


def add_group(name: str, **settings: Any) -> HuntGroup:
    """A new group without members. Raises `Refused` at the field `name`."""
    if len(hunt_groups()) > _MOST_GROUPS:
        raise Refused(_("There are %(count)s groups already.", count=_MOST_GROUPS), "name")
    group = HuntGroup(name=_free_name(name), members=[], fallbacks=[], **settings)
    db.session.add(group)
    db.session.flush()
    audit("group.add", group.name)
    return group


def change_group(group_id: int, name: str, crm_user_ids: Sequence[int], **strategy: Any) -> HuntGroup:
    """Everything about a group anew; `strategy` as `services.set_strategy` takes it. Raises `Refused`, `NotFound`."""
    group = find_group(group_id)
    remember(group)
    group.name = _free_name(name, besides=group)
    set_receivers(crm_user_ids, group=group)
    set_strategy(**strategy, group=group)
    return group


def remove_group(group_id: int) -> HuntGroup:
    """The group takes no calls any more; `restore_group` takes that back. Raises `NotFound`, and `Refused` while
    calls are passed to it.
    """
    group = find_group(group_id)
    if holders := passing_to(group_id):
        names = ", ".join(_("Receivers of new contacts") if each == NEW_CONTACTS else each for each in holders)
        raise Refused(_("Calls are passed to this group from: %(names)s. Change that first.", names=names))
    group.removed_at = now()
    audit("group.remove", group.name)
    return group


def restore_group(group_id: int) -> HuntGroup:
    """Takes a removal back, unless another group has got the name. Raises `NotFound`, `Refused`."""
    group = db.session.get(HuntGroup, group_id)
    if group is None or group.name == NEW_CONTACTS:
        raise NotFound
    if group.removed_at is not None:
        group.name = _free_name(group.name, besides=group)
        group.removed_at = None
        audit("group.restore", group.name)
    return group


def passing_to(group_id: int) -> list[str]:
    """The names of the groups whose calls may go to this one."""
    special = {
        row.group_id for row in db.session.scalars(select(HuntFallback).where(HuntFallback.target_group_id == group_id))
    }
    return [each.name for each in hunt_groups() if each.fallback_group_id == group_id or each.id in special]


def _free_name(text: str, besides: HuntGroup | None = None) -> str:
    name = clean_name(text)
    if len(name) > _LONGEST_NAME:
        raise Refused(_("A name has at most %(count)s characters.", count=_LONGEST_NAME), "name")
    taken = {each.name.casefold() for each in hunt_groups() if each is not besides} | {NEW_CONTACTS}
    if name.casefold() in taken:
        raise Refused(_("There is a group of this name already."), "name")
    return name
