"""What each role may do, for the eye: drawn from the same table that the doors ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.accounts.roles import RIGHTS, Role
from portal.kernel.i18n import gettext as _
from portal.web.access import Permission

_TAKEN_FOR_GRANTED = frozenset(
    {Permission.PUBLIC, Permission.SIGNED_IN, Permission.WAY_OUT, Permission.OWN_DOOR, Permission.OWN_PAGE}
)


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that can be done, and which roles may."""

    label: str
    roles: frozenset[Role]


def rights() -> Sequence[Right]:
    """Every right that a role can have, in the order of `Permission`."""
    known = frozenset().union(*RIGHTS.values()) - _TAKEN_FOR_GRANTED
    return [
        Right(right_label(permission), frozenset(role for role in Role if permission in RIGHTS[role]))
        for permission in Permission
        if permission in known
    ]


def right_label(permission: Permission) -> str:
    """What the permission lets a person do, in the reader's language; its code for one that nobody has named."""
    return _labels().get(permission, permission.value)


def _labels() -> dict[Permission, str]:
    return {
        Permission.SEE_CALLS: _("See calls, missed calls and the address book"),
        Permission.EXPORT: _("Take calls and the address book away as files"),
        Permission.LISTEN: _("Listen to records"),
        Permission.PLACE_CALLS: _("Place calls from the cabinet"),
        Permission.WORK_CALLS: _("Call back, tag calls and write notes"),
        Permission.MANAGE_CALLS: _("Decide on shared tags, views and when a missed call is due"),
        Permission.MANAGE_CONTACTS: _("Change the address book"),
        Permission.SEE_INTEGRATION: _("See the CRM integration and the webhooks"),
        Permission.MANAGE_INTEGRATION: _("Change keys, webhooks and who rings"),
        Permission.MANAGE_RECORDS: _("Delete records and decide how long they are kept"),
        Permission.SEE_MONEY: _("See the balance, payments and documents"),
        Permission.EXPORT_MONEY: _("Take documents, postings and payments away as files"),
        Permission.MANAGE_COMPANY: _("Pay, see to the company's details and papers, accept the offer"),
        Permission.MANAGE_USERS: _("Invite people and change their roles"),
        Permission.SEE_AUDIT: _("See who did what"),
        Permission.EXPORT_AUDIT: _("Take the audit away as a file"),
        Permission.ASK_SUPPORT: _("Write to technical support"),
    }
