"""Code names (the contract's word): how the account calls a number or a SIP account."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, select

from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.kernel.among import among
from portal.kernel.prepared import Prepared
from portal.telephony.models import SipLine

# Built once: each call asks them.
_OF_CONTACTS = Prepared(
    select(ContactNumber.number, Contact.name)
    .join(Contact, Contact.id == ContactNumber.contact_id)
    .where(among(ContactNumber.number, "numbers"))
)
_OF_EMPLOYEES = Prepared(
    select(CrmUser.mobile, CrmUser.name).where(among(CrmUser.mobile, "numbers"), CrmUser.removed_at.is_(None))
)
_LINES = select(SipLine.name, SipLine.label, CrmUser.name).outerjoin(
    CrmUser, and_(CrmUser.sip_line_id == SipLine.id, CrmUser.removed_at.is_(None))
)
_SOME_LINES = Prepared(_LINES.where(among(SipLine.name, "lines")))
_ALL_LINES = Prepared(_LINES.order_by(SipLine.name))


def line_names() -> dict[str, str]:
    """Each SIP account with its code name ("" for none), by name. One query."""
    return {line: holder or label or "" for line, label, holder in _ALL_LINES.all()}


def code_name(address: str) -> str | None:
    """The name of one address, or None."""
    return code_names([address]).get(address)


def code_names(addresses: Iterable[str]) -> dict[str, str]:
    """Names by address; an address that nobody named is not in the answer. Three queries, however many addresses.

    A number has its contact's name, else that of the CRM user whose mobile it is; a SIP account the name of its CRM
    user, else the line's label.
    """
    wanted = set(addresses)
    lines = {address for address in wanted if address.startswith("SIP/")}
    return _of_lines(lines) | _of_numbers(wanted - lines)


def _of_numbers(numbers: set[str]) -> dict[str, str]:
    if not numbers:
        return {}
    wanted = sorted(numbers)
    return dict(_OF_EMPLOYEES.all(numbers=wanted)) | dict(_OF_CONTACTS.all(numbers=wanted))


def _of_lines(lines: set[str]) -> dict[str, str]:
    if not lines:
        return {}
    names = ((line, holder or label) for line, label, holder in _SOME_LINES.all(lines=sorted(lines)))
    return {line: name for line, name in names if name}
