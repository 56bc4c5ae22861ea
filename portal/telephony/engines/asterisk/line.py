"""What one call asks of Asterisk: its channels, its bridge and its record, each act a job of the call's lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from portal.telephony.engine import LegResult
from portal.telephony.engines.asterisk.ari import Ari, AriAway, AriRefused, part
from portal.telephony.engines.asterisk.arrival import once_it_is_ours
from portal.telephony.engines.asterisk.lanes import Lanes

log = structlog.get_logger(__name__)

DIAL_GRACE_SECONDS = 5
"""Our own timers end a ring; Asterisk's limit is for the time in which nobody keeps them."""
_LONGEST_RECORD_SECONDS = 6 * 3600

_REASONS = {
    LegResult.ANSWERED_ELSEWHERE: "answered_elsewhere",
    LegResult.NO_ANSWER: "no_answer",
    LegResult.BUSY: "busy",
    LegResult.FAILED: "congestion",
}


@dataclass(frozen=True, slots=True)
class DialOrder:
    """A channel to be made and dialled. `bridge_with` hears it before it answers: tones, words of the network."""

    channel: str
    endpoint: str
    seconds: int
    shown: str
    arguments: str
    bridge_with: str | None = None


class SwitchLine:
    """Every method comes back at once; its act follows those asked for before. Troubles are told, never raised."""

    def __init__(self, api_call_id: str, bridge: str, ari: Ari, lanes: Lanes, *, has_bridge: bool = False) -> None:
        self.bridge_id = bridge
        self._api_call_id = api_call_id
        self._ari = ari
        self._lanes = lanes
        self._has_bridge = has_bridge  # as far as the lane has come

    def dial(self, order: DialOrder, refused: Callable[[int], None]) -> None:
        """Ring it. `refused` is told the status, 0 where Asterisk did not answer; then there is no such channel."""
        self._put(lambda: self._dial(order, refused))

    def ring_back(self, channel: str) -> None:
        """Let it hear that it rings elsewhere."""
        self._put(lambda: self._quietly(lambda: self._ari.post(f"channels/{part(channel)}/ring")))

    def stop_ring_back(self, channel: str) -> None:
        """It hears the other side now."""
        self._put(lambda: self._quietly(lambda: self._ari.drop(f"channels/{part(channel)}/ring")))

    def answer(self, channel: str) -> None:
        """The caller pays from here on."""
        self._put(lambda: self._quietly(lambda: self._ari.post(f"channels/{part(channel)}/answer")))

    def connect(self, *channels: str) -> None:
        """Let them hear each other."""
        self._put(lambda: self._connect(channels))

    def play(self, channel: str, media: str, playback: str, failed: Callable[[], None]) -> None:
        """Play to one side; `failed` where that cannot be."""
        body = {"media": media, "playbackId": playback}
        self._put(lambda: self._post(f"channels/{part(channel)}/play", body, failed))

    def record(self, name: str, failed: Callable[[], None]) -> None:
        """Record the bridge, both voices."""
        body = {
            "name": name,
            "format": "wav",
            "ifExists": "overwrite",
            "beep": False,
            "terminateOn": "none",
            "maxDurationSeconds": _LONGEST_RECORD_SECONDS,
        }
        self._put(lambda: self._post(f"bridges/{part(self.bridge_id)}/record", body, failed))

    def stop_record(self, name: str, stopped: Callable[[], None]) -> None:
        """Close the record; told when Asterisk has done so, or has none."""

        def stop() -> None:
            self._quietly(lambda: self._ari.post(f"recordings/live/{part(name)}/stop"))
            stopped()

        self._put(stop)

    def hang_up(self, channel: str, result: LegResult | None = None) -> None:
        """End this channel; with ANSWERED_ELSEWHERE its phone shows no missed call."""
        reason = _REASONS.get(result, "normal") if result is not None else "normal"
        self._put(lambda: self._quietly(lambda: self._ari.drop(f"channels/{part(channel)}?reason={reason}")))

    def refuse(self, channel: str) -> None:
        """There is nobody under this number."""
        self._put(lambda: self._quietly(lambda: self._ari.drop(f"channels/{part(channel)}?reason=unallocated")))

    def take_down(self) -> None:
        """The bridge goes."""
        self._put(self._take_down)

    def _dial(self, order: DialOrder, refused: Callable[[int], None]) -> None:
        path = f"channels/{part(order.channel)}"
        try:
            self._ari.post("channels/create", self._channel(order))
            if order.bridge_with is not None:
                together = (order.bridge_with, order.channel)
                self._quietly(lambda: once_it_is_ours(lambda: self._connect_or_refuse(together)))
                self._quietly(lambda: self._ari.post(f"channels/{part(order.bridge_with or '')}/ring"))
            limit = {"timeout": order.seconds + DIAL_GRACE_SECONDS}
            once_it_is_ours(lambda: self._ari.post(f"{path}/dial", limit))
        except (AriRefused, AriAway) as error:
            log.info("leg_not_dialled", api_call_id=self._api_call_id, endpoint=order.endpoint, reason=str(error))
            self._quietly(lambda: self._ari.drop(path))
            refused(error.status if isinstance(error, AriRefused) else 0)

    def _channel(self, order: DialOrder) -> dict[str, Any]:
        return {
            "endpoint": order.endpoint,
            "app": self._ari.app,
            "appArgs": order.arguments,
            "channelId": order.channel,
            # What the phone shows: the connected line of the channel is whom the called one is connected with.
            "variables": {"CONNECTEDLINE(num,i)": order.shown},
        }

    def _connect(self, channels: tuple[str, ...]) -> None:
        self._quietly(lambda: self._connect_or_refuse(channels))

    def _connect_or_refuse(self, channels: tuple[str, ...]) -> None:
        if not self._has_bridge:
            body = {"type": "mixing", "bridgeId": self.bridge_id, "name": "portal"}
            self._quietly(lambda: self._ari.post("bridges", body))
            self._has_bridge = True
        self._ari.post(f"bridges/{part(self.bridge_id)}/addChannel", {"channel": list(channels)})

    def _take_down(self) -> None:
        if self._has_bridge:
            self._quietly(lambda: self._ari.drop(f"bridges/{part(self.bridge_id)}"))

    def _post(self, path: str, body: dict[str, Any], failed: Callable[[], None]) -> None:
        if not self._quietly(lambda: self._ari.post(path, body)):
            failed()

    def _quietly(self, act: Callable[[], Any]) -> bool:
        """A channel that is gone meanwhile is no trouble: its end is told by its own event."""
        try:
            act()
        except (AriRefused, AriAway) as error:
            log.info("asterisk_refused", api_call_id=self._api_call_id, reason=str(error))
            return False
        return True

    def _put(self, job: Callable[[], object]) -> None:
        self._lanes.put(self._api_call_id, job)
