"""Gives an account a new stamp with each change of its routing rules, whoever makes it: no service can forget it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from portal.accounts.models import Account
from portal.contacts.models import CrmUser
from portal.kernel.db import GuardedSession, upsert
from portal.kernel.secrets import random_word
from portal.kernel.tenancy import current_account_id
from portal.routing.models import (
    BlacklistEntry,
    HoursException,
    HuntFallback,
    HuntGroup,
    HuntMember,
    KnownContactRules,
    LineHours,
    RoutingStamp,
)
from portal.telephony.models import Did, SipLine

_RULES = (
    BlacklistEntry,
    CrmUser,
    Did,
    HoursException,
    HuntFallback,
    HuntGroup,
    HuntMember,
    KnownContactRules,
    LineHours,
    SipLine,
)
_NO_RULES = {SipLine: {"presence", "presence_at"}, HuntGroup: {"last_member_id", "updated_at"}}
_CHANGED = "accounts with new routing rules"


def watch() -> None:
    """Called by the composition root: from now on every session keeps the stamps."""
    if not event.contains(GuardedSession, "after_flush", _look):
        event.listen(GuardedSession, "after_flush", _look)
        event.listen(GuardedSession, "do_orm_execute", _look_at_statement)
        event.listen(GuardedSession, "before_commit", _stamp)
        event.listen(GuardedSession, "after_rollback", _forget)


def _look(session: Session, _context: Any) -> None:
    touched = (*session.new, *session.dirty, *session.deleted)
    changed = {row.account_id for row in touched if isinstance(row, _RULES) and _is_news(session, row)}
    # Working hours are kept in the account's zone.
    changed |= {row.id for row in touched if isinstance(row, Account) and inspect(row).attrs.time_zone.history.deleted}
    if changed:
        session.info.setdefault(_CHANGED, set()).update(changed)


def _look_at_statement(state: ORMExecuteState) -> None:
    is_change = state.is_insert or state.is_update or state.is_delete
    kind = state.bind_mapper.class_ if state.bind_mapper is not None else None
    if is_change and kind in _RULES and not _is_no_rule(state, kind):
        state.session.info.setdefault(_CHANGED, set()).add(current_account_id())


def _is_no_rule(state: ORMExecuteState, kind: type[Any]) -> bool:
    """Whether rows that are named by their id are given new values of what is no rule."""
    rows, ignored = state.parameters, {"id", *_NO_RULES.get(kind, ())}
    return state.is_update and isinstance(rows, list) and all(row.keys() <= ignored for row in rows)


def _stamp(session: Session) -> None:
    """At the last moment: two who change different rules at once hold each other up for a commit only."""
    # What is not flushed yet counts too.
    session.flush()
    # In one order for everybody who changes several.
    for account_id in sorted(session.info.pop(_CHANGED, ())):
        word = random_word(16)
        upsert(RoutingStamp, {"account_id": account_id, "word": word}, key=["account_id"], change={"word": word})


def _forget(session: Session) -> None:
    session.info.pop(_CHANGED, None)


def _is_news(session: Session, row: Any) -> bool:
    if row in session.new or row in session.deleted:
        return True
    ignored = _NO_RULES.get(type(row), set())
    return any(each.history.has_changes() for each in inspect(row).attrs if each.key not in ignored)
