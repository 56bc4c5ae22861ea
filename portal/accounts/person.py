"""Who asks: a person in an account, as the session says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import Account
from portal.accounts.roles import OPERATOR_RIGHTS, RIGHTS, VISITOR_RIGHTS, Role, role_label
from portal.kernel.i18n import gettext as _
from portal.web.access import Permission


@dataclass(frozen=True, slots=True)
class Visitor:
    """The operator who sees the account as one of its people does."""

    user_id: int
    name: str
    email: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks: a person, the session, and the account and role that the session has entered."""

    token: str
    session_id: int
    user_id: int
    name: str
    email: str
    locale: str | None
    theme: str
    account: Account | None
    role: Role | None
    is_operator: bool
    seen_at: datetime
    """The last click but this, to the minute."""
    proved_at: datetime
    """When the person last proved to be the person."""
    visitor: Visitor | None = None
    """The operator who is here in this person's stead, and may do less."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie."""
        return self.token

    @property
    def role_label(self) -> str:
        """The role in the reader's language."""
        return role_label(self.role) if self.role is not None else _("Operator")

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do here."""
        rights = RIGHTS[self.role] if self.role is not None else frozenset()
        if self.visitor is not None:
            return rights & VISITOR_RIGHTS
        return rights | OPERATOR_RIGHTS if self.is_operator else rights
