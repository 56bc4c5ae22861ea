"""CRM users come and go. Whoever has gone keeps the row: the removal can be undone, old calls keep the name."""

from __future__ import annotations

import unicodedata
from itertools import chain, count

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.contacts.models import CrmUser
from portal.contacts.queries import crm_users, employee_with
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _

LONGEST_NAME = 200


def add_crm_user(name: str) -> CrmUser:
    """A new CRM user without a SIP account. Raises `Refused` for a name that is empty, too long or in use."""
    user = CrmUser(name=free_name(name))
    db.session.add(user)
    db.session.flush()
    audit("crm_user.add", user.name)
    announce("phones-changed")
    return user


def rename_crm_user(crm_user_id: int, name: str) -> CrmUser:
    """Another name for a CRM user. Raises `NotFound`, `Refused`."""
    user = find_crm_user(crm_user_id)
    before = user.name
    user.name = free_name(name, besides=user)
    audit("crm_user.rename", user.name, before={"name": before}, after={"name": user.name})
    announce("phones-changed")
    return user


def remove_crm_user(crm_user_id: int) -> CrmUser:
    """The user is offered and rung nowhere any more; `restore_crm_user` takes it back. Raises `NotFound`."""
    user = find_crm_user(crm_user_id)
    user.removed_at = now()
    audit("crm_user.remove", user.name)
    announce("phones-changed")
    return user


def restore_crm_user(crm_user_id: int) -> CrmUser:
    """Takes a removal back, with the SIP account unless somebody else has got it meanwhile; where somebody else has got
    the name, with a number behind it. Raises `NotFound`.
    """
    user = db.session.get(CrmUser, crm_user_id)
    if user is None:
        raise NotFound
    if user.removed_at is None:
        return user
    if user.sip_line_id is not None and _holder(user.sip_line_id) is not None:
        user.sip_line_id = None
    if user.mobile is not None and employee_with(user.mobile) is not None:
        user.mobile = None
    if user.crm_id is not None and _with_crm_id(user.crm_id) is not None:
        user.crm_id = None
    user.name = _name_once_more(user)
    user.removed_at = None
    audit("crm_user.restore", user.name)
    announce("phones-changed")
    return user


def find_crm_user(crm_user_id: int) -> CrmUser:
    """A CRM user who has not been removed. Raises `NotFound`."""
    user = db.session.get(CrmUser, crm_user_id)
    if user is None or user.removed_at is not None:
        raise NotFound
    return user


def clean_name(text: str) -> str:
    """A name in one line with single spaces. Raises `Refused(field="name")`."""
    name = " ".join(text.split())
    if not name:
        raise Refused(_("Enter a name."), "name")
    if len(name) > LONGEST_NAME:
        raise Refused(_("A name has at most %(count)s characters.", count=LONGEST_NAME), "name")
    if any(unicodedata.category(char) == "Cc" for char in name):
        raise Refused(_("This name has a character that cannot be shown."), "name")
    return name


def free_name(text: str, besides: CrmUser | None = None) -> str:
    """A clean name that no other CRM user has, whatever the case of its letters. Raises `Refused(field="name")`."""
    name = clean_name(text)
    for user in db.session.scalars(select(CrmUser).where(CrmUser.removed_at.is_(None))):
        if user is not besides and user.name.casefold() == name.casefold():
            raise Refused(_("There is a CRM user “%(name)s” already.", name=user.name), "name")
    return name


def _name_once_more(user: CrmUser) -> str:
    """The name of one who comes back, or the first of "name (2)", "name (3)"… that nobody has."""
    taken = {other.name.casefold() for other in crm_users()}
    again = (f"{user.name[: LONGEST_NAME - 6]} ({number})" for number in count(2))
    return next(name for name in chain([user.name], again) if name.casefold() not in taken)


def _holder(sip_line_id: int) -> CrmUser | None:
    return db.session.scalar(select(CrmUser).where(CrmUser.sip_line_id == sip_line_id, CrmUser.removed_at.is_(None)))


def _with_crm_id(crm_id: str) -> CrmUser | None:
    return db.session.scalar(select(CrmUser).where(CrmUser.crm_id == crm_id, CrmUser.removed_at.is_(None)))
