"""Which calls a webhook hears of: by public number, by SIP account, by outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from portal.calls.models import CallRecord
from portal.webhooks.models import EventType

KNOWS_NO_LINE = frozenset({EventType.CALL_STARTED})
"""When a call comes in, nobody has been rung yet: a choice of SIP accounts could never be met."""
KNOWS_OUTCOME = frozenset({EventType.CALL_FINISHED, EventType.RECORDING_READY})
"""Events that come when a call's outcome is known, and whatever it is."""


class Choice(Protocol):
    """A webhook, as far as it chooses calls; null or empty: all of them."""

    @property
    def dids(self) -> Sequence[Any] | None: ...
    @property
    def sip_lines(self) -> Sequence[Any] | None: ...
    @property
    def outcomes(self) -> Sequence[Any] | None: ...


def hears_of(hook: Choice, call: CallRecord) -> bool:
    """Whether this call is one of those that were chosen; a webhook without a choice hears of all."""
    if hook.dids and call.did not in hook.dids:
        return False
    if hook.outcomes and call.outcome not in hook.outcomes:
        return False
    return not hook.sip_lines or not _addresses(call).isdisjoint(hook.sip_lines)


def _addresses(call: CallRecord) -> set[str]:
    """Everybody who took part: also a phone that rang in vain, whose call was missed."""
    sides = {address for address in (call.caller, call.callee) if address}
    return sides | {leg.address for leg in call.legs}
