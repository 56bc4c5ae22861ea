"""Ids of our own: made before Asterisk is asked, told apart from everybody else's, and never used twice."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

_CHANNEL = re.compile(r"([0-9a-f]{32})-([0-9]+)-[0-9a-f]{8}")
_OTHER = re.compile(r"([0-9a-f]{32})-(?:bridge|playback|tone)-[0-9a-f]{8}")
_RECORD = re.compile(r"portal-([0-9]{1,18})-([0-9a-f]{32})-[0-9a-f]{8}")
_SIP_PREFIX, TECHNOLOGY = "SIP/", "PJSIP"


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one life of the engine gives. A later life never makes the same, whatever it has forgotten."""

    life: str

    @classmethod
    def of_a_new_life(cls) -> Names:
        return cls(secrets.token_hex(4))

    def channel(self, api_call_id: str, leg: int) -> str:
        """The channel of a dialled leg."""
        return f"{api_call_id}-{leg}-{self.life}"

    def bridge(self, api_call_id: str) -> str:
        return f"{api_call_id}-bridge-{self.life}"

    def playback(self, api_call_id: str) -> str:
        return f"{api_call_id}-playback-{self.life}"

    def tone(self, api_call_id: str) -> str:
        """A playback too: what is heard in place of an announcement that is missing."""
        return f"{api_call_id}-tone-{self.life}"

    def record(self, account_id: int, api_call_id: str) -> str:
        """Also the name of the file. It says whose it is, for a life that knows nothing of the call."""
        return f"portal-{account_id}-{api_call_id}-{self.life}"


def leg_of_channel(channel_id: str) -> tuple[str, int] | None:
    """The call and the leg of a channel that some life of ours made, or None for anybody else's."""
    found = _CHANNEL.fullmatch(channel_id)
    return (found[1], int(found[2])) if found else None


def call_of(bridge_or_playback: str) -> str | None:
    """The call of a bridge or a playback of ours."""
    found = _OTHER.fullmatch(bridge_or_playback)
    return found[1] if found else None


def is_tone(playback: str) -> bool:
    """Whether a playback is heard in place of another."""
    return "-tone-" in playback


def call_of_record(name: str) -> tuple[int, str] | None:
    """The account and the call of a record of ours."""
    found = _RECORD.fullmatch(name)
    return (int(found[1]), found[2]) if found else None


def resource_of(address: str) -> str:
    """The endpoint in `pjsip.conf` of a SIP account's address: `SIP/00000000672` gives `00000000672`."""
    return address.removeprefix(_SIP_PREFIX)


def endpoint_of_channel(name: str) -> str | None:
    """The endpoint that a channel belongs to, by the channel's name: `PJSIP/101-0000002a` gives `101`."""
    technology, slash, rest = name.partition("/")
    return rest.rpartition("-")[0] or None if slash and technology == TECHNOLOGY else None
