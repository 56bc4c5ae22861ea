"""Where a call goes when a group led to nobody: checked when it is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel import phone
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.limits import one_of
from portal.routing.models import FallbackKind
from portal.routing.queries import find_group
from portal.telephony.queries import find_sip_line, is_own_number


@dataclass(frozen=True, slots=True)
class Destination:
    """`address` for a SIP account or a number (universal format), `group_id` for a group; neither for the rest."""

    kind: FallbackKind
    address: str | None = None
    group_id: int | None = None


def destination(kind: str, text: str | None = None, *, group_id: int | None = None, field: str) -> Destination:
    """What a person has chosen; `text` is a SIP account of this account or a number as people write it.

    Raises `Refused` at `field`, `NotFound` for a SIP account or a group that is not this account's.
    """
    chosen, text = one_of(FallbackKind, kind, "fallback"), (text or "").strip()
    match chosen:
        case FallbackKind.HANG_UP | FallbackKind.ANNOUNCEMENT:
            return Destination(chosen)
        case FallbackKind.GROUP:
            if group_id is None:
                raise Refused(_("Say which group."), field)
            return Destination(chosen, group_id=find_group(group_id).id)
        case _ if not text:
            raise Refused(_("Say where the call goes then."), field)
        case FallbackKind.NUMBER:
            return Destination(chosen, _number(text, field))
        case FallbackKind.SIP_LINE:
            if find_sip_line(text) is None:
                raise NotFound(_("There is no SIP account %(name)s.", name=text))
            return Destination(chosen, text)


def _number(text: str, field: str) -> str:
    try:
        number = phone.normalise(text)
    except Refused as error:
        raise Refused(error.message, field) from None
    if is_own_number(number):
        raise Refused(_("This is a public number of your own: the call would come back without end."), field)
    return number
