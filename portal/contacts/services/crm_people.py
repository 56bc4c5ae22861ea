"""CRM users as the CRM itself tells them: compared with ours, brought in, and taken back. SIP accounts stay as set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from portal.accounts.audit import audit
from portal.contacts.models import CrmUser
from portal.contacts.queries import crm_users
from portal.contacts.services.crm_users import LONGEST_NAME, restore_crm_user
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the CRM tells it. `inner` is the internal number there: a hint for whoever maps SIP accounts."""

    crm_id: str
    name: str
    mobile: str = ""
    inner: str = ""


class Fate(StrEnum):
    """What bringing a person in does."""

    NEW = "new"
    LINKED = "linked"
    """A user of this name is here: it learns the CRM's id."""
    RENAMED = "renamed"
    BACK = "back"
    """Was removed here, and comes back with all that was kept: contacts, places in groups, the SIP account."""
    SAME = "same"
    GONE = "gone"
    """Was brought from the CRM, and is not there any more."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One person, what is to be done about it, and the user of ours that is meant, where there is one."""

    fate: Fate
    crm_id: str
    name: str
    inner: str = ""
    mobile: str = ""
    user: CrmUser | None = None


def compare(people: Sequence[Person]) -> list[Difference]:
    """What is different, in the CRM's order; those who have gone come last."""
    present = crm_users()
    by_id = _removed() | {user.crm_id: user for user in present if user.crm_id}
    unlinked = {user.name.casefold(): user for user in present if not user.crm_id}
    taken = {user.name.casefold(): user for user in present}
    told = {person.crm_id: person for person in people}
    found = [_difference(person, by_id, unlinked, taken) for person in told.values()]
    gone = [user for user in present if user.crm_id and user.crm_id not in told]
    return found + [Difference(Fate.GONE, user.crm_id or "", user.name, user=user) for user in gone]


def _removed() -> dict[str | None, CrmUser]:
    """Who was removed here, by the CRM's id; of several the latest."""
    query = select(CrmUser).where(CrmUser.removed_at.is_not(None), CrmUser.crm_id.is_not(None))
    return {user.crm_id: user for user in db.session.scalars(query.order_by(CrmUser.removed_at, CrmUser.id))}


def _difference(
    person: Person, by_id: Mapping[str | None, CrmUser], unlinked: dict[str, CrmUser], taken: dict[str, CrmUser]
) -> Difference:
    said = " ".join(person.name.split())[: LONGEST_NAME - 24] or person.crm_id
    user = by_id.get(person.crm_id)
    if user is None or user.removed_at is not None:
        namesake = unlinked.pop(said.casefold(), None)
        if namesake is not None:
            return Difference(Fate.LINKED, person.crm_id, namesake.name, person.inner, person.mobile, namesake)
    own = (said.casefold(), f"{said} ({person.crm_id})".casefold())
    if user is not None and user.removed_at is None and user.name.casefold() in own:
        return Difference(Fate.SAME, person.crm_id, user.name, person.inner, user=user)
    name = _free(said, person.crm_id, taken)
    taken[name.casefold()] = CrmUser(name=name)
    if user is None:
        return Difference(Fate.NEW, person.crm_id, name, person.inner, person.mobile)
    fate = Fate.RENAMED if user.removed_at is None else Fate.BACK
    return Difference(fate, person.crm_id, name, person.inner, user=user)


def _free(name: str, crm_id: str, taken: Mapping[str, CrmUser]) -> str:
    """The name, or, where somebody else has it, the name with the CRM's number of this person."""
    return name if name.casefold() not in taken else f"{name} ({crm_id})"


def bring_crm_users(people: Sequence[Person], chosen: Collection[str]) -> list[dict[str, Any]]:
    """Does it for those whose ids were chosen; answers what `take_back_crm_users` needs to undo it."""
    wanted = [each for each in compare(people) if each.crm_id in chosen and each.fate is not Fate.SAME]
    done = [_bring(each) for each in wanted]
    if done:
        names = [each["name"] for each in done]
        audit("crm_user.bring", ", ".join(names)[:300], after={"names": names})
        announce("phones-changed")
    return done


def _bring(each: Difference) -> dict[str, Any]:
    user = each.user
    done: dict[str, Any] = {"fate": each.fate.value, "name": each.name, "before": user.name if user else ""}
    if user is None:
        user = CrmUser(name=each.name)
        db.session.add(user)
    match each.fate:
        case Fate.GONE:
            user.removed_at = now()
        case Fate.RENAMED:
            user.name = each.name
        case Fate.BACK:
            restore_crm_user(user.id)
            user.name = each.name
        case _:
            user.crm_id = each.crm_id
            mobile = _free_mobile(each.mobile) if user.mobile is None else None
            if mobile is not None:
                user.mobile, done["mobile"] = mobile, mobile
    db.session.flush()
    return done | {"id": user.id}


def _free_mobile(written: str) -> str | None:
    try:
        number = phone.normalise(written) if written.strip() else None
    except Refused:
        return None
    if number is None:
        return None
    holder = db.session.scalar(select(CrmUser.id).where(CrmUser.mobile == number, CrmUser.removed_at.is_(None)))
    return number if holder is None else None


def take_back_crm_users(done: Sequence[Mapping[str, Any]]) -> int:
    """Undoes it, but for users that somebody has changed since; answers how many were left as they are."""
    kept = 0
    for each in reversed(done):
        user = db.session.get(CrmUser, each["id"])
        if user is None or _is_changed(user, each):
            kept += 1
        else:
            _take_back(user, each)
    audit("crm_user.take-back", ", ".join(each["name"] for each in done)[:300], after={"kept": kept})
    announce("phones-changed")
    return kept


def _is_changed(user: CrmUser, each: Mapping[str, Any]) -> bool:
    """Whether somebody has changed what was brought, since."""
    if each["fate"] in (Fate.GONE, Fate.LINKED):
        return False
    has_phone = each["fate"] == Fate.NEW and user.sip_line_id is not None
    return has_phone or user.removed_at is not None or user.name != each["name"]


def _take_back(user: CrmUser, each: Mapping[str, Any]) -> None:
    match each["fate"]:
        case Fate.GONE:
            restore_crm_user(user.id)
        case Fate.RENAMED:
            user.name = each["before"]
        case Fate.BACK:
            user.removed_at, user.name = now(), each["before"]
        case Fate.NEW:
            user.removed_at, user.crm_id = now(), None
        case _:
            user.crm_id = None
            if each.get("mobile") and user.mobile == each["mobile"]:
                user.mobile = None
    db.session.flush()


def forget_crm_ids() -> None:
    """Another CRM: its ids mean nobody here."""
    db.session.execute(update(CrmUser).where(CrmUser.crm_id.is_not(None)).values(crm_id=None))


def crm_ids_by_phone() -> dict[str, str]:
    """The CRM's id of a user by the name of the SIP account, and by the own mobile."""
    found: dict[str, str] = {}
    for user in crm_users():
        if user.crm_id:
            found |= {user.sip_line.name: user.crm_id} if user.sip_line is not None else {}
            found |= {user.mobile: user.crm_id} if user.mobile else {}
    return found
