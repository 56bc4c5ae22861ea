"""Lines: giving an account its SIP accounts and public numbers, and knowing whose number was dialled."""

from __future__ import annotations

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel import phone
from portal.kernel.db import db, ring, transaction
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.telephony.addresses import sip_address
from portal.telephony.models import Did, SipLine
from portal.telephony.queries import find_sip_line

LINES_TOPIC = "lines"
"""The bell that tells engines of a new line or of a phone's changed settings."""


def add_sip_line(name: str, label: str = "") -> SipLine:
    """A SIP account for the entered account. `name` comes with or without `SIP/`.

    Raises `Refused` for a name that cannot be one, `Conflict` for one that is there already.
    """
    try:
        address = sip_address(name.strip().removeprefix("SIP/"))
    except ValueError:
        raise Refused(
            _("A SIP account's name has up to 44 Latin letters, digits, dots, dashes and underscores."), "name"
        ) from None
    if find_sip_line(address) is not None:
        raise Conflict(_("There is a SIP account %(name)s already.", name=address))
    line = SipLine(name=address, label=label.strip()[:200])
    db.session.add(line)
    db.session.flush()
    audit("sip_line.add", address)
    ring(LINES_TOPIC)
    return line


def add_did(number: str, label: str = "") -> Did:
    """A public number for the entered account, as people write it.

    Raises `Refused` for no number, `Conflict` for one that this or another account has.
    """
    try:
        digits = phone.normalise(number)
    except Refused as error:
        raise Refused(error.message, "number") from None
    if account_of_did(digits) is not None:
        raise Conflict(_("The number %(number)s is taken already.", number=phone.display(digits)))
    did = Did(number=digits, label=label.strip()[:200])
    db.session.add(did)
    db.session.flush()
    audit("did.add", digits)
    ring(LINES_TOPIC)
    return did


def account_of_did(number: str) -> int | None:
    """Whose public number this is (universal format), or None for nobody's: how an incoming call finds its account."""
    with transaction(everything="call attribution", writes=False) as session:
        return session.scalar(select(Did.account_id).where(Did.number == number))
