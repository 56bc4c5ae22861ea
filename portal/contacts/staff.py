"""The address book's own side: CRM users and SIP accounts, found as contacts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.contacts.models import CrmUser
from portal.contacts.phones import PhoneState, line_state, phone_state
from portal.contacts.queries import crm_users
from portal.kernel.textsearch import needle, search_text
from portal.telephony.models import SipLine
from portal.telephony.queries import sip_lines


@dataclass(frozen=True, slots=True)
class UserRow:
    """A CRM user and the state of the phone."""

    user: CrmUser
    phone: PhoneState


@dataclass(frozen=True, slots=True)
class LineRow:
    """A SIP account, who has it, and the state of its phone."""

    line: SipLine
    holder: CrmUser | None
    phone: PhoneState


def user_rows(part: str = "") -> Sequence[UserRow]:
    """The CRM users by name; `part` is a piece of a name, of a mobile or of a SIP account."""
    wanted = needle(part) or ""
    rows = [UserRow(user, phone_state(user)) for user in crm_users() if wanted in _words_of_user(user)]
    return sorted(rows, key=lambda row: row.user.name.casefold())


def line_rows(part: str = "") -> Sequence[LineRow]:
    """The SIP accounts; `part` is a piece of the account, of what people call it, or of its holder's name."""
    wanted = needle(part) or ""
    holders = {user.sip_line_id: user for user in crm_users() if user.sip_line_id is not None}
    rows = [LineRow(line, holders.get(line.id), line_state(line)) for line in sip_lines()]
    return [row for row in rows if wanted in _words_of_line(row)]


def _words_of_user(user: CrmUser) -> str:
    line = user.sip_line
    return search_text([user.mobile, line.name if line else None], [user.name])


def _words_of_line(row: LineRow) -> str:
    return search_text([row.line.name], [row.line.label, row.holder.name if row.holder else None])
