"""What pages say about a phone: a shape, a word and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.contacts.models import CrmUser
from portal.kernel.i18n import gettext as _
from portal.telephony.engine import Presence
from portal.telephony.models import SipLine
from portal.telephony.provider.state import is_provider_engine


@dataclass(frozen=True, slots=True)
class PhoneState:
    """`shape` is the badge's (`on busy ringing off none`); `since` is when a talk began, otherwise None."""

    shape: str
    word: str
    since: datetime | None = None
    is_untold: bool = False
    """The phone rings at a provider, which does not tell how it is."""

    @property
    def can_ring(self) -> bool:
        """Whether a call would ring it now or when its present talk is over."""
        return self.shape not in ("off", "none") or self.is_untold


def phone_state(user: CrmUser) -> PhoneState:
    """How this CRM user's phone was last seen by the switch."""
    line = user.sip_line
    if line is None:
        return PhoneState("none", _("no phone"))
    if not user.is_on_duty:
        return PhoneState("off", _("off duty"))
    return line_state(line)


def line_state(line: SipLine) -> PhoneState:
    """How the phone of a SIP account was last seen by the switch, whoever has it."""
    if is_provider_engine():
        return PhoneState("none", _("at the provider"), is_untold=True)
    if line.is_disabled:
        return PhoneState("off", _("switched off"))
    match line.presence:
        case Presence.ONLINE:
            return PhoneState("on", _("online"))
        case Presence.BUSY:
            return PhoneState("busy", _("talking"), line.presence_at)
        case Presence.RINGING:
            return PhoneState("ringing", _("ringing"))
        case _:
            return PhoneState("off", _("offline"))
