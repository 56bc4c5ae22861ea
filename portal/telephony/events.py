"""What is asked of the switch, for the rooms above: a handler that refuses keeps the order from being written."""

from __future__ import annotations

from dataclasses import dataclass

from portal.telephony.engine import CallKind


@dataclass(frozen=True, slots=True)
class CallOrdered:
    """Somebody asks for a call to be placed."""

    kind: CallKind
    caller: str
    callee: str
