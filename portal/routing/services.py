"""Deciding how calls of new contacts are handed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.accounts.events import AccountOpened
from portal.contacts.models import CrmUser
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.limits import one_of, within
from portal.routing.destinations import Destination, destination
from portal.routing.membership import fill
from portal.routing.models import FallbackKind, HuntFallback, HuntGroup, HuntStrategy
from portal.routing.queries import NEW_CONTACTS, new_contact_group, receivers
from portal.routing.undoing import remember
from portal.telephony.plan import FallbackCause

RING_SECONDS = (5, 120)
ROUNDS = (1, 10)
TOTAL_SECONDS = (10, 600)


def on_account_opened(event: AccountOpened) -> None:
    """Every account has a group for new contacts; nobody is in it yet."""
    db.session.add(HuntGroup(account_id=event.account.id, name=NEW_CONTACTS))


def set_receivers(crm_user_ids: Sequence[int], *, group: HuntGroup | None = None) -> None:
    """Exactly these CRM users take the calls of a group (of new contacts), in this order.

    Raises `NotFound` where one of them is not there, `Refused` where one stands twice.
    """
    if len(set(crm_user_ids)) != len(crm_user_ids):
        raise Refused(_("Each CRM user can be chosen once."), "receivers")
    users = _crm_users(crm_user_ids)
    group = group or _about_to_change()
    before = _names(group)
    fill(group, crm_user_ids)
    db.session.flush()
    audit("receivers.set", group.name, before={"receivers": before}, after={"receivers": [u.name for u in users]})


def move_receiver(crm_user_id: int, step: int) -> None:
    """One place up (-1) or down (1) in the order; at the end of the order nothing happens.

    Raises `NotFound` where this CRM user is not a receiver.
    """
    group = new_contact_group(locks=True)
    order = list(receivers(group))
    index = next((i for i, member in enumerate(order) if member.crm_user_id == crm_user_id), None)
    if index is None:
        raise NotFound(_("This CRM user does not take calls of new contacts."))
    target = index + (1 if step > 0 else -1)
    if not 0 <= target < len(order):
        return
    before = _names(group)
    one, other = order[index], order[target]
    one.position, other.position = other.position, one.position
    group.members.sort(key=lambda member: member.position)
    audit("receivers.move", one.crm_user.name, before={"receivers": before}, after={"receivers": _names(group)})


def set_strategy(
    strategy: str,
    *,
    ring_seconds: int,
    rounds: int,
    total_seconds: int,
    fallback: str = FallbackKind.HANG_UP,
    fallback_address: str | None = None,
    fallback_group_id: int | None = None,
    group: HuntGroup | None = None,
) -> None:
    """How the members of a group (the receivers of new contacts) are rung and what happens when nobody answers.

    Durations in seconds. `fallback_address` is a SIP account of this account or an outside number as people write it.
    Raises `Refused` with the field's name, `NotFound` for a SIP account or a group that is not this account's.
    """
    chosen: dict[str, Any] = {
        "strategy": one_of(HuntStrategy, strategy, "strategy"),
        "ring_seconds": within(RING_SECONDS, ring_seconds, "ring_seconds"),
        "rounds": within(ROUNDS, rounds, "rounds"),
        "total_seconds": within(TOTAL_SECONDS, total_seconds, "total_seconds"),
    }
    ending = destination(fallback, fallback_address, group_id=fallback_group_id, field="fallback_address")
    group = group or _about_to_change()
    if ending.group_id is not None and ending.group_id == group.id:
        raise Refused(_("A group cannot pass its calls to itself."), "fallback_address")
    chosen |= {
        "fallback": ending.kind,
        "fallback_address": ending.address,
        "fallback_group_id": ending.group_id,
    }
    before = {name: getattr(group, name) for name in chosen}
    for name, value in chosen.items():
        setattr(group, name, value)
    audit("strategy.set", group.name, before=before, after=chosen)


def set_fallbacks(rules: Mapping[FallbackCause, Destination | None]) -> None:
    """What happens to calls of new contacts for each of these causes; None: as when nobody answers (closed: the
    announcement). Other causes keep what they have.
    """
    group = _about_to_change()
    before = {each.cause: each.kind for each in group.fallbacks}
    kept = [each for each in group.fallbacks if FallbackCause(each.cause) not in rules]
    present = {FallbackCause(each.cause): each for each in group.fallbacks}
    for cause, rule in rules.items():
        if rule is None:
            continue
        row = present.get(cause) or HuntFallback(account_id=group.account_id, cause=cause.value)
        row.kind, row.address, row.target_group_id = rule.kind, rule.address, rule.group_id
        kept.append(row)
    group.fallbacks = kept
    db.session.flush()
    audit("fallbacks.set", group.name, before=before, after={each.cause: each.kind for each in kept})


def _about_to_change() -> HuntGroup:
    group = new_contact_group(locks=True)
    remember(group)
    return group


def _crm_users(ids: Sequence[int]) -> list[CrmUser]:
    """The users with these ids, in this order."""
    found = {
        user.id: user
        for user in db.session.scalars(select(CrmUser).where(CrmUser.id.in_(ids), CrmUser.removed_at.is_(None)))
    }
    if len(found) != len(ids):
        raise NotFound(_("One of the chosen CRM users is no longer there. Reload the page."))
    return [found[user_id] for user_id in ids]


def _names(group: HuntGroup) -> list[str]:
    return [member.crm_user.name for member in receivers(group)]
