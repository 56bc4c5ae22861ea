"""The columns of the log: its own, and those of the rooms above; the time of a call is always there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.calls.panels import column_headings
from portal.kernel.i18n import gettext as _


def offered() -> dict[str, str]:
    """Every column that can be chosen, with its heading, from left to right."""
    own = {
        "direction": _("Direction"),
        "outcome": _("Outcome"),
        "who": _("Who"),
        "employee": _("Employee"),
        "talk": _("Talk"),
        "price": _("Price"),
    }
    return own | column_headings()


def known(names: Iterable[str]) -> list[str] | None:
    """The columns among these names, in their order; None where they are all of them, so that new ones come by
    themselves.
    """
    chosen = set(names)
    columns = [name for name in offered() if name in chosen]
    return None if len(columns) == len(offered()) else columns


def shown(chosen: Sequence[str] | None) -> frozenset[str]:
    """The columns to draw; None means all."""
    return frozenset(offered()) if chosen is None else frozenset(chosen)
