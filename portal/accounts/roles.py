"""Roles and what each of them may do: data, so that it can be shown as a table and tested as a matrix."""

from __future__ import annotations

from enum import StrEnum

from portal.kernel.i18n import gettext as _
from portal.web.access import Permission


class Role(StrEnum):
    """A person's role in one account."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"


_WHOEVER = frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.WAY_OUT})
_ANYBODY = _WHOEVER | {Permission.OWN_DOOR, Permission.OWN_PAGE}
_EVERY_ROLE = _ANYBODY | {Permission.SEE_CALLS, Permission.EXPORT, Permission.LISTEN, Permission.ASK_SUPPORT}
_WORKS = frozenset({Permission.PLACE_CALLS, Permission.WORK_CALLS, Permission.MANAGE_CALLS, Permission.MANAGE_CONTACTS})
_LOOKS_ON = frozenset({Permission.SEE_MONEY, Permission.SEE_INTEGRATION})
RIGHTS: dict[Role, frozenset[Permission]] = {
    # Sees everything but who did what, and changes nothing.
    Role.VIEWER: _EVERY_ROLE | _LOOKS_ON | {Permission.EXPORT_MONEY},
    # Works with calls and clients; keys, webhooks, routing and money are none of this person's business.
    Role.MANAGER: _EVERY_ROLE | _WORKS,
    Role.ADMIN: _EVERY_ROLE
    | _LOOKS_ON
    | _WORKS
    | {
        Permission.EXPORT_MONEY,
        Permission.MANAGE_INTEGRATION,
        Permission.MANAGE_RECORDS,
        Permission.MANAGE_USERS,
        Permission.SEE_AUDIT,
        Permission.EXPORT_AUDIT,
        Permission.MANAGE_COMPANY,
    },
}
OPERATOR_RIGHTS = _ANYBODY | {Permission.OPERATE}
VISITOR_RIGHTS = (
    _WHOEVER
    | _LOOKS_ON
    | {
        Permission.SEE_CALLS,
        Permission.MANAGE_CALLS,
        Permission.MANAGE_CONTACTS,
        Permission.MANAGE_INTEGRATION,
        Permission.SEE_AUDIT,
    }
)
"""What is left of a role to the operator who has come in that person's stead: to see and to mend what is set up.
Not what is the person's own, not money, not people, not the talk on records, no files to take away, nothing that
would be said or done in the person's name.
"""


def role_label(role: Role) -> str:
    """The role in the reader's language."""
    return {Role.ADMIN: _("Administrator"), Role.MANAGER: _("Manager"), Role.VIEWER: _("Viewer")}[role]
