"""Roles and what each of them may do: data, so that it can be shown as a table and tested as a matrix."""

from __future__ import annotations

from enum import StrEnum

from portal.kernel.i18n import gettext as _
from portal.web.access import Permission


class Role(StrEnum):
    """A person's role in one account."""

    ADMIN = "admin"
    VIEWER = "viewer"


_VIEWER = frozenset(
    {
        Permission.PUBLIC,
        Permission.SIGNED_IN,
        Permission.SEE_CALLS,
        Permission.LISTEN,
        Permission.SEE_MONEY,
        Permission.SEE_INTEGRATION,
        Permission.ASK_SUPPORT,
    }
)
RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.ADMIN: _VIEWER
    | {
        Permission.PLACE_CALLS,
        Permission.WORK_CALLS,
        Permission.MANAGE_CALLS,
        Permission.MANAGE_INTEGRATION,
        Permission.MANAGE_RECORDS,
        Permission.MANAGE_COMPANY,
    },
}
OPERATOR_RIGHTS = frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.OPERATE})


def role_label(role: Role) -> str:
    """The role in the reader's language."""
    return {Role.ADMIN: _("Administrator"), Role.VIEWER: _("Viewer")}[role]
