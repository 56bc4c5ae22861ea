"""Code names (the contract's word): how the account calls a number or a SIP account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Select, and_, literal_column, select, union_all

from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.kernel.among import among
from portal.kernel.prepared import Prepared
from portal.telephony.models import SipLine

_HOLDERS = and_(CrmUser.sip_line_id == SipLine.id, CrmUser.removed_at.is_(None))


def _naming(address: Any, name: Any, rank: int) -> Select[Any]:
    columns: tuple[Any, ...] = address.label("address"), name.label("name"), literal_column(str(rank)).label("rank")
    return select(*columns).where(among(address, "addresses"))


_NAMES = union_all(
    _naming(ContactNumber.number, Contact.name, 2).join(Contact, Contact.id == ContactNumber.contact_id),
    _naming(CrmUser.mobile, CrmUser.name, 1).where(CrmUser.removed_at.is_(None)),
    _naming(SipLine.name, CrmUser.name, 2).join(CrmUser, _HOLDERS),
    _naming(SipLine.name, SipLine.label, 1),
).subquery()
# Built once: each call asks them.
_BY_ADDRESS = Prepared(select(_NAMES.c.address, _NAMES.c.name).where(_NAMES.c.name != "").order_by(_NAMES.c.rank))
_ALL_LINES = Prepared(
    select(SipLine.name, SipLine.label, CrmUser.name).outerjoin(CrmUser, _HOLDERS).order_by(SipLine.name)
)


def line_names() -> dict[str, str]:
    """Each SIP account with its code name ("" for none), by name. One query."""
    return {line: holder or label or "" for line, label, holder in _ALL_LINES.all()}


def code_name(address: str) -> str | None:
    """The name of one address, or None."""
    return code_names([address]).get(address)


def code_names(addresses: Iterable[str]) -> dict[str, str]:
    """Names by address; an address that nobody named is not in the answer. One query, however many addresses.

    A number has its contact's name, else that of the CRM user whose mobile it is; a SIP account the name of its CRM
    user, else the line's label.
    """
    return code_names_ahead(addresses)()


def code_names_ahead(addresses: Iterable[str]) -> Callable[[], dict[str, str]]:
    """The same for who goes on meanwhile, see `Prepared.ahead`."""
    named = _BY_ADDRESS.ahead(addresses=sorted(set(addresses)))
    # The better name comes last.
    return lambda: dict(named())
