"""What Asterisk is asked to tell us: few types of events, and the state of every phone that somebody has."""

from __future__ import annotations

import structlog

from portal.telephony.engines.asterisk.ari import Ari, AriRefused, part
from portal.telephony.engines.asterisk.names import TECHNOLOGY
from portal.telephony.engines.asterisk.news import WANTED
from portal.telephony.engines.asterisk.presence import SwitchLines

log = structlog.get_logger(__name__)

_AT_ONCE = 50


class Subscriptions:
    """Of one application. Phones by their device state: a subscription to endpoints would tell every event twice."""

    def __init__(self, ari: Ari, lines: SwitchLines) -> None:
        self._ari = ari
        self._lines = lines
        self._path = f"applications/{part(ari.app)}"
        self._watched: set[str] = set()

    def renew(self) -> None:
        """On a new connection: all of it. Raises `AriAway`, and `AriRefused` where there is no such application."""
        self._watched.clear()
        try:
            self._ari.put(f"{self._path}/eventFilter", {"allowed": [{"type": each} for each in WANTED]})
        except AriRefused as error:
            # Not known to every version; without it Asterisk tells more than is wanted.
            log.info("asterisk_tells_everything", reason=str(error))
        self.extend()

    def extend(self) -> None:
        """The phones that are not watched yet."""
        new = [each for each in self._lines.endpoints() if each not in self._watched]
        for at in range(0, len(new), _AT_ONCE):
            some = new[at : at + _AT_ONCE]
            # A list: in a body, unlike in a query, commas separate nothing.
            sources = [f"deviceState:{TECHNOLOGY}/{each}" for each in some]
            self._ari.post(f"{self._path}/subscription", {"eventSource": sources})
            self._watched.update(some)
