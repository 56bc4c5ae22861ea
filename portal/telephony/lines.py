"""Lines: giving an account its SIP accounts and public numbers, and knowing whose number was dialled."""

from __future__ import annotations

import re

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel import phone
from portal.kernel.db import announce, db, ring, transaction
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.telephony.addresses import sip_address
from portal.telephony.models import MAIN_SWITCH, Did, SipLine
from portal.telephony.queries import find_line, find_sip_line

LONGEST_LABEL = 200
_SWITCH = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,47}")
LINES_TOPIC = "lines"
"""The bell that tells engines of a new line or of a phone's changed settings."""


def add_sip_line(name: str, label: str = "", switch: str = MAIN_SWITCH) -> SipLine:
    """A SIP account for the entered account. `name` comes with or without `SIP/`; its phone registers with `switch`.

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
    line = SipLine(name=address, label=label.strip()[:200], switch=checked_switch(switch))
    db.session.add(line)
    db.session.flush()
    audit("sip_line.add", address)
    ring(LINES_TOPIC)
    return line


def label_line(line_id: int, label: str) -> SipLine:
    """What people call a SIP account; "" for nothing. Raises `NotFound`, `Refused` at the field `label`."""
    line = find_line(line_id)
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL:
        raise Refused(_("A name has at most %(count)s characters.", count=LONGEST_LABEL), "label")
    before, line.label = line.label, label
    audit("sip_line.edit", line.name, before={"label": before}, after={"label": label})
    return line


def add_did(number: str, label: str = "", switch: str = MAIN_SWITCH) -> Did:
    """A public number for the entered account, as people write it; its calls come to `switch`.

    Raises `Refused` for no number, `Conflict` for one that this or another account has.
    """
    try:
        digits = phone.normalise(number)
    except Refused as error:
        raise Refused(error.message, "number") from None
    if account_of_did(digits) is not None:
        raise Conflict(_("The number %(number)s is taken already.", number=phone.display(digits)))
    did = Did(number=digits, label=label.strip()[:200], switch=checked_switch(switch))
    db.session.add(did)
    db.session.flush()
    audit("did.add", digits)
    ring(LINES_TOPIC)
    return did


def move_to_switch(line: SipLine | Did, switch: str) -> None:
    """From now on the phone registers with this switch, or the number's calls come to it."""
    audit("line.move", _name(line), before={"switch": line.switch}, after={"switch": switch})
    line.switch = checked_switch(switch)
    if isinstance(line, SipLine):
        line.presence = "offline"
    ring(LINES_TOPIC)


def edit_line(line: SipLine | Did, label: str, switch: str) -> None:
    """What people call it, and its switch."""
    audit("line.edit", _name(line), before={"label": line.label}, after={"label": label.strip()[:200]})
    line.label = label.strip()[:200]
    if checked_switch(switch) != line.switch:
        move_to_switch(line, switch)


def switch_off(line: SipLine | Did, *, is_disabled: bool = True) -> None:
    """The SIP account rings no more and places no calls, or the number's calls are nobody's; until it is taken back."""
    line.is_disabled = is_disabled
    audit("line.disable" if is_disabled else "line.enable", _name(line))
    ring(LINES_TOPIC)
    announce("phones-changed")


def _name(line: SipLine | Did) -> str:
    return line.name if isinstance(line, SipLine) else line.number


def checked_switch(name: str) -> str:
    """The name of a switch. Raises `Refused` for one that cannot be."""
    if not _SWITCH.fullmatch(name):
        raise Refused(_("A switch's name has up to 48 Latin letters, digits, dots, dashes and underscores."), "switch")
    return name


def account_of_did(number: str) -> int | None:
    """Whose public number this is (universal format), or None for nobody's: how an incoming call finds its account."""
    with transaction(everything="call attribution", writes=False) as session:
        return session.scalar(select(Did.account_id).where(Did.number == number))
