"""What an administrator changes about a person of the account: the role, and whether the person may come in."""

from __future__ import annotations

from sqlalchemy import func, select, update

from portal.accounts.audit import audit
from portal.accounts.models import Account, Membership, User, UserSession
from portal.accounts.people.listing import PersonRow, find_membership, find_person
from portal.accounts.roles import Role
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id


def change_role(user_id: int, role: Role, *, was: Role) -> PersonRow:
    """Another role, from the next request on. `was` is the role that the administrator saw: raises `Conflict` where
    somebody else has changed it, `NotFound`, and `Refused` for the last administrator.
    """
    _one_at_a_time()
    row = find_membership(user_id)
    if row.role != was:
        raise Conflict(_("Somebody else has just given this person another role. Look again."))
    if row.role == role:
        return find_person(user_id)
    if role is not Role.ADMIN:
        _keep_an_administrator(row, "role")
    row.role = role
    audit("user.role", row.user.email, before={"role": was.value}, after={"role": role.value})
    return find_person(user_id)


def shut_out(user_id: int) -> PersonRow:
    """The person may not enter this account any more, from the next request on; other accounts are not concerned.
    Raises `NotFound`, and `Refused` for the last administrator.
    """
    _one_at_a_time()
    row = find_membership(user_id)
    if not row.is_disabled:
        _keep_an_administrator(row, None)
        row.is_disabled = True
        end_sessions_here(user_id)
        audit("user.disable", row.user.email)
    return find_person(user_id)


def let_in_again(user_id: int) -> PersonRow:
    """Takes `shut_out` back. Raises `NotFound`."""
    row = find_membership(user_id)
    if row.is_disabled:
        row.is_disabled = False
        audit("user.enable", row.user.email)
    return find_person(user_id)


def ask_second_factor(*, is_asked: bool) -> None:
    """Whether everybody of the account must have a second factor, from the next request on."""
    account = db.session.get_one(Account, current_account_id())
    if account.asks_second_factor != is_asked:
        account.asks_second_factor = is_asked
        audit("account.second-factor", account.name, before={"asked": not is_asked}, after={"asked": is_asked})


def end_sessions_here(user_id: int, *, spare: int | None = None) -> None:
    """Ends the person's sessions that look at the entered account."""
    rows = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    rows = rows.where(UserSession.id != spare) if spare is not None else rows
    db.session.execute(rows.filter_by(account_id=current_account_id()).values(ended_at=now()))


def _one_at_a_time() -> None:
    """Two administrators who demote each other wait here: the second one sees what the first has done."""
    db.session.execute(select(Account.id).filter_by(id=current_account_id()).with_for_update())


def _keep_an_administrator(row: Membership, field: str | None) -> None:
    """Raises `Refused` where nobody would be left who can undo it."""
    if row.role != Role.ADMIN or row.is_disabled:
        return
    others = (
        select(func.count())
        .select_from(Membership)
        .join(User)
        .filter(Membership.role == Role.ADMIN, Membership.is_disabled.is_(False), Membership.user_id != row.user_id)
        .filter(User.is_disabled.is_(False))
        .filter(Membership.account.has(id=current_account_id()))
    )
    if not db.session.scalar(others):
        message = _("This is the last administrator. Make somebody else one first.")
        raise Refused(message, field)
