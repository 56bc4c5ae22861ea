"""Which SIP account takes the calls of which CRM user: saved all together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.accounts.audit import audit
from portal.contacts.errors import MappingChanged, MappingRefused
from portal.contacts.models import CrmUser
from portal.contacts.queries import crm_users
from portal.kernel.db import announce, db
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.telephony.models import SipLine
from portal.telephony.queries import sip_lines


def map_crm_users(
    wanted: Mapping[int, int | None], *, based_on: Mapping[int, int | None] | None = None
) -> Sequence[CrmUser]:
    """Gives CRM users their SIP accounts (both by id; None takes it away). Answers those whose SIP account changed.

    With `based_on`, what the person saw, only what differs from it is wanted: what others saved meanwhile stays.
    Raises `NotFound` for an unknown user or SIP account, `MappingRefused` for a SIP account that two users would
    have, `MappingChanged` where somebody else has changed the same user meanwhile.
    """
    users = {user.id: user for user in crm_users(locks=True)}
    lines = {line.id: line for line in sip_lines()}
    seen = {user_id: user.sip_line_id for user_id, user in users.items()} | dict(based_on or {})
    changes = {user_id: line_id for user_id, line_id in wanted.items() if line_id != seen.get(user_id)}
    if changes.keys() - users.keys() or {line for line in changes.values() if line is not None} - lines.keys():
        raise NotFound
    _refuse_lost_updates(users, seen, changes)
    changes = {user_id: line_id for user_id, line_id in changes.items() if users[user_id].sip_line_id != line_id}
    _refuse_sharing(users, changes, lines)
    if changes:
        _save(users, changes, lines)
    return [users[user_id] for user_id in changes]


def _refuse_lost_updates(
    users: Mapping[int, CrmUser], seen: Mapping[int, int | None], changes: Mapping[int, int | None]
) -> None:
    """The same change made twice is no conflict."""
    present = {
        user_id: users[user_id].sip_line_id
        for user_id, line_id in changes.items()
        if users[user_id].sip_line_id not in (seen[user_id], line_id)
    }
    if present:
        raise MappingChanged(_("Somebody else has changed this mapping meanwhile. Nothing was saved."), present)


def _refuse_sharing(
    users: Mapping[int, CrmUser], changes: Mapping[int, int | None], lines: Mapping[int, SipLine]
) -> None:
    holders = {user.sip_line_id: user for user_id, user in users.items() if user_id not in changes}
    problems: dict[int, str] = {}
    for user_id, line_id in changes.items():
        holder = holders.setdefault(line_id, users[user_id]) if line_id is not None else users[user_id]
        if line_id is not None and holder is not users[user_id]:
            problems[user_id] = _("%(line)s belongs to %(name)s.", line=lines[line_id].name, name=holder.name)
    if problems:
        message = ngettext("One SIP account was chosen twice.", "Some SIP accounts were chosen twice.", len(problems))
        raise MappingRefused(message, problems)


def _save(users: Mapping[int, CrmUser], changes: Mapping[int, int | None], lines: Mapping[int, SipLine]) -> None:
    before = {users[user_id].name: _name(users[user_id].sip_line) for user_id in changes}
    # Two steps: in a swap both would hold the same SIP account for a moment, which the table refuses.
    for user_id in changes:
        users[user_id].sip_line_id = None
    db.session.flush()
    for user_id, line_id in changes.items():
        users[user_id].sip_line_id = line_id
    db.session.flush()
    for user_id in changes:
        db.session.expire(users[user_id], ["sip_line"])
    after = {users[user_id].name: _name(lines.get(line_id or 0)) for user_id, line_id in changes.items()}
    audit("crm_user.map", ", ".join(after), before=before, after=after)
    announce("phones-changed")


def _name(line: SipLine | None) -> str | None:
    return line.name if line else None
