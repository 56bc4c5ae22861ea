"""The latest change of a group (of its members, strategy, fallbacks), and the way back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.contacts.models import CrmUser
from portal.kernel.db import db
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.routing.membership import fill
from portal.routing.models import HuntFallback, HuntGroup
from portal.routing.queries import any_group

_COLUMNS = (
    "name",
    "strategy",
    "ring_seconds",
    "rounds",
    "total_seconds",
    "fallback",
    "fallback_address",
    "fallback_group_id",
)
_OF_FALLBACK = ("cause", "kind", "address", "target_group_id")


def remember(group: HuntGroup) -> None:
    """Called before a change: what the group is now can be had back."""
    group.previous = _shape(group)


def undo_change(group_id: int) -> HuntGroup:
    """Takes the latest change of a group back; done again, it is there again. CRM users who have gone since stay away.

    Raises `NotFound`, and `Conflict` where nothing was changed yet or calls were passed to a group that has gone since.
    """
    group = any_group(group_id, locks=True)
    was = group.previous
    if was is None:
        raise Conflict(_("There is nothing to take back."))
    targets = [was["fallback_group_id"], *(each["target_group_id"] for each in was["fallbacks"])]
    if not _are_there({each for each in targets if each is not None}):
        raise Conflict(_("Calls were passed to a group that is not there any more: nothing was taken back."))
    before = _shape(group)
    for name in _COLUMNS:
        setattr(group, name, was[name])
    fill(group, _those_there(was["members"]))
    group.fallbacks = _fallbacks(group, was["fallbacks"])
    group.previous = before
    db.session.flush()
    audit("group.undo", group.name, before=before, after=was)
    return group


def _shape(group: HuntGroup) -> dict[str, Any]:
    shape: dict[str, Any] = {name: getattr(group, name) for name in _COLUMNS}
    shape["members"] = [member.crm_user_id for member in group.members]
    shape["fallbacks"] = [{name: getattr(each, name) for name in _OF_FALLBACK} for each in group.fallbacks]
    return shape


def _are_there(group_ids: set[int]) -> bool:
    found = db.session.scalars(select(HuntGroup.id).where(HuntGroup.id.in_(group_ids), HuntGroup.removed_at.is_(None)))
    return set(found) == group_ids


def _those_there(crm_user_ids: list[int]) -> list[int]:
    there = set(db.session.scalars(select(CrmUser.id).where(CrmUser.id.in_(crm_user_ids))))
    return [each for each in crm_user_ids if each in there]


def _fallbacks(group: HuntGroup, shapes: list[dict[str, Any]]) -> list[HuntFallback]:
    present = {each.cause: each for each in group.fallbacks}
    rows = []
    for shape in shapes:
        row = present.get(shape["cause"]) or HuntFallback(account_id=group.account_id, cause=shape["cause"])
        for name in _OF_FALLBACK:
            setattr(row, name, shape[name])
        rows.append(row)
    return rows
