"""Channels of the fake Asterisk and the people at their far ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.telephony.engines.timeline import Appointment


def stamp(moment: datetime) -> str:
    """A time as Asterisk writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


@dataclass
class FakeChannel:
    """What Asterisk tells of a channel, and when its person will do what."""

    id: str
    name: str
    state: str
    caller: str
    exten: str
    app_data: str
    made_at: datetime
    is_ours: bool
    """Made by ARI, so that its end is told."""
    connected: str = ""
    appointments: list[Appointment] = field(default_factory=list)
    cause: tuple[int, int] = (16, 0)
    patience: float = 120.0
    talk: float = 20.0

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "protocol_id": "p",
            "caller": {"name": "", "number": self.caller},
            "connected": {"name": "", "number": self.connected},
            "accountcode": "",
            "dialplan": {
                "context": "from-trunk",
                "exten": self.exten,
                "priority": 2,
                "app_name": "Stasis",
                "app_data": self.app_data,
            },
            "creationtime": stamp(self.made_at),
            "language": "en",
        }

    @property
    def endpoint(self) -> str:
        return self.name.partition("/")[2].rpartition("-")[0]
