"""What the engine's process needs of whatever drives its switch."""

from __future__ import annotations

from typing import Protocol

from portal.telephony.models import OrderRefusal
from portal.telephony.orders import Order
from portal.telephony.switch_life import LeftCalls


class SwitchEngine(Protocol):
    """Drives one switch. Its methods are called from one thread, inside the app."""

    answers_itself: bool
    """Whether `carry_out` settles the order when it knows what came of it; else it counts as taken before."""

    def start(self, left: LeftCalls) -> None:
        """Begin. What an earlier life left open goes on or gets its end, in the journal."""
        ...

    def stop(self) -> None:
        """End; nothing is told to the journal afterwards."""
        ...

    def refresh(self) -> None:
        """Lines or the settings of phones may have changed: read them anew, and tell how the phones are."""
        ...

    def refusal(self, order: Order) -> OrderRefusal | None:
        """Why this order cannot be carried out, or None where it can."""
        ...

    def carry_out(self, order: Order) -> None:
        """Do what is ordered; comes back before it has happened."""
        ...
