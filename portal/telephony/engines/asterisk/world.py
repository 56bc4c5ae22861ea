"""How the switch stands at one moment, as its lists say: what a new connection begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from portal.telephony.engine import Presence
from portal.telephony.engines.asterisk.ari import Ari
from portal.telephony.engines.asterisk.names import TECHNOLOGY

_RINGS = ("Ring", "Ringing")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, as every event and list describes it."""

    id: str
    name: str
    state: str
    """`Down`, `Ring` (calls us), `Ringing` (is called), `Up`."""
    caller: str
    exten: str
    stasis: tuple[str, ...]
    """The arguments of our application where the channel is in it, as the dialplan or we gave them."""

    @property
    def is_up(self) -> bool:
        return self.state == "Up"

    def arrived(self, arguments: Sequence[str]) -> Channel:
        """The same, as the event of its arrival names the arguments."""
        return replace(self, stasis=tuple(arguments))

    @classmethod
    def of(cls, found: Mapping[str, Any], app: str) -> Channel:
        """Read from Asterisk's JSON; what is missing is empty."""
        dialplan = found.get("dialplan") or {}
        name, *arguments = str(dialplan.get("app_data") or "").split(",")
        is_ours = dialplan.get("app_name") == "Stasis" and name == app
        return cls(
            id=str(found.get("id", "")),
            name=str(found.get("name", "")),
            state=str(found.get("state", "")),
            caller=str((found.get("caller") or {}).get("number") or ""),
            exten=str(dialplan.get("exten") or ""),
            stasis=tuple(arguments) if is_ours else (),
        )


@dataclass(frozen=True, slots=True)
class World:
    """What is there. `started_at` is when this Asterisk began, by its own clock."""

    started_at: datetime
    channels: Mapping[str, Channel]
    bridges: Mapping[str, frozenset[str]]
    presence: Mapping[str, Presence]
    """By endpoint."""
    records: tuple[str, ...]
    """Names of stored ones."""


def moment(text: str) -> datetime:
    """A time as Asterisk writes it: `2026-11-23T04:22:37.229+0000`."""
    return datetime.fromisoformat(text)


def look_around(ari: Ari) -> World:
    """Asks for everything. Raises `AriRefused` and `AriAway`."""
    started = moment(ari.get("asterisk/info")["status"]["startup_time"])
    channels = {each["id"]: Channel.of(each, ari.app) for each in ari.get("channels")}
    bridges = {each["id"]: frozenset(each["channels"]) for each in ari.get("bridges")}
    endpoints = {each["resource"]: _presence(each, channels) for each in ari.get(f"endpoints/{TECHNOLOGY}")}
    records = tuple(each["name"] for each in ari.get("recordings/stored"))
    return World(started, channels, bridges, endpoints, records)


def _presence(endpoint: Mapping[str, Any], channels: Mapping[str, Channel]) -> Presence:
    if endpoint["state"] != "online":
        return Presence.OFFLINE
    states = {channels[each].state for each in endpoint["channel_ids"] if each in channels}
    if not states:
        return Presence.ONLINE
    return Presence.RINGING if states <= set(_RINGS) else Presence.BUSY
