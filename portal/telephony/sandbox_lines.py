"""The sandbox's phones and lines, as rows say: read into memory, so that the switch asks no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.kernel.db import db, ring, transaction
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.telephony.engines.sandbox.lines import Habit, PhoneSettings
from portal.telephony.lines import LINES_TOPIC
from portal.telephony.models import Did, SandboxPhone, SipLine

LONGEST_WAIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Lines:
    phones: Mapping[int, Mapping[str, PhoneSettings]]
    dids: Mapping[int, tuple[str, ...]]


class SandboxDirectory:
    """The phones and public numbers of one switch, every account's; `load` replaces them as a whole, other threads may
    read meanwhile.
    """

    def __init__(self, switch: str) -> None:
        self._switch = switch
        self._lines = _Lines({}, {})

    def load(self) -> None:
        """Reads the rows anew. A SIP account without settings answers after 2 to 6 seconds."""
        with transaction(everything="phones of the sandbox switch", writes=False) as session:
            rows = session.execute(
                select(SipLine.account_id, SipLine.name, SandboxPhone)
                .outerjoin(SandboxPhone, SandboxPhone.sip_line_id == SipLine.id)
                .where(SipLine.switch == self._switch, ~SipLine.is_disabled)
                .order_by(SipLine.account_id, SipLine.name)
            ).all()
            numbers = session.execute(
                select(Did.account_id, Did.number).where(Did.switch == self._switch, ~Did.is_disabled).order_by(Did.id)
            ).all()
        phones: dict[int, dict[str, PhoneSettings]] = {}
        for account_id, name, settings in rows:
            phones.setdefault(account_id, {})[name] = _settings(settings)
        dids: dict[int, tuple[str, ...]] = {}
        for account_id, number in numbers:
            dids[account_id] = (*dids.get(account_id, ()), number)
        self._lines = _Lines(phones, dids)

    def accounts(self) -> list[int]:
        """Every account that has a phone or a number."""
        return sorted({*self._lines.phones, *self._lines.dids})

    def phones(self, account_id: int) -> Mapping[str, PhoneSettings]:
        """See `portal.telephony.engines.sandbox.phones.Directory`."""
        return self._lines.phones.get(account_id, {})

    def dids(self, account_id: int) -> tuple[str, ...]:
        """The account's public numbers; the first is shown to who is called."""
        return self._lines.dids.get(account_id, ())


def set_sandbox_phone(sip_line_id: int, behaviour: str, after_seconds: tuple[int, int] = (2, 6)) -> None:
    """How the phone of a SIP account behaves on the sandbox switch; `after_seconds` from and to, when it answers.

    Raises `NotFound` for a SIP account that is not this account's, `Refused` with the field for wrong input.
    """
    line = db.session.get(SipLine, sip_line_id)
    if line is None:
        raise NotFound
    try:
        habit = Habit(behaviour)
    except ValueError:
        raise Refused(_("Choose one of the list."), "behaviour") from None
    low, high = after_seconds
    if not 0 <= low <= high <= LONGEST_WAIT_SECONDS:
        limit = LONGEST_WAIT_SECONDS
        raise Refused(_("Give seconds from 0 to %(limit)s, the smaller first.", limit=limit), "after_seconds")
    phone = db.session.scalar(select(SandboxPhone).where(SandboxPhone.sip_line_id == sip_line_id))
    if phone is None:
        phone = SandboxPhone(sip_line_id=sip_line_id)
        db.session.add(phone)
    phone.behaviour, phone.after_seconds_min, phone.after_seconds_max = habit, low, high
    audit("sandbox_phone.set", line.name, after={"behaviour": habit, "after_seconds": [low, high]})
    ring(LINES_TOPIC)


def _settings(phone: SandboxPhone | None) -> PhoneSettings:
    if phone is None:
        return PhoneSettings()
    after = (float(phone.after_seconds_min), float(phone.after_seconds_max))
    return PhoneSettings(Habit(phone.behaviour), answers_after=after)
