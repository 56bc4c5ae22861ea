"""What one call asks of Asterisk: its channels, its bridge and its record, each act a job of the call's lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from portal.telephony.engine import LegResult
from portal.telephony.engines.asterisk.ari import AriAway, AriRefused, Errand, part
from portal.telephony.engines.asterisk.arrival import once_it_is_ours
from portal.telephony.engines.asterisk.lanes import Job, Lanes

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


def _post(path: str, body: Mapping[str, Any] | None = None) -> Errand:
    return Errand("POST", path, body)


def _drop(path: str) -> Errand:
    return Errand("DELETE", path)


def _one(errand: Errand) -> Job:
    return (yield errand)


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

    def __init__(self, api_call_id: str, bridge: str, app: str, lanes: Lanes, *, has_bridge: bool = False) -> None:
        self.bridge_id = bridge
        self._api_call_id = api_call_id
        self._app = app
        self._lanes = lanes
        self._has_bridge = has_bridge  # as far as the lane has come

    def dial(self, order: DialOrder, refused: Callable[[int], None]) -> None:
        """Ring it. `refused` is told the status, 0 where Asterisk did not answer; then there is no such channel."""
        self._put(self._dial(order, refused))

    def ring_back(self, channel: str) -> None:
        """Let it hear that it rings elsewhere."""
        self._put(self._quietly(_one(_post(f"channels/{part(channel)}/ring"))))

    def stop_ring_back(self, channel: str) -> None:
        """It hears the other side now."""
        self._put(self._quietly(_one(_drop(f"channels/{part(channel)}/ring"))))

    def answer(self, channel: str) -> None:
        """The caller pays from here on."""
        self._put(self._quietly(_one(_post(f"channels/{part(channel)}/answer"))))

    def connect(self, *channels: str) -> None:
        """Let them hear each other."""
        self._put(self._quietly(self._connect(channels)))

    def play(self, channel: str, media: str, playback: str, failed: Callable[[], None]) -> None:
        """Play to one side; `failed` where that cannot be."""
        body = {"media": media, "playbackId": playback}
        self._put(self._or_failed(_post(f"channels/{part(channel)}/play", body), failed))

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
        self._put(self._or_failed(_post(f"bridges/{part(self.bridge_id)}/record", body), failed))

    def stop_record(self, name: str, stopped: Callable[[], None]) -> None:
        """Close the record; told when Asterisk has done so, or has none."""

        def stop() -> Job:
            yield from self._quietly(_one(_post(f"recordings/live/{part(name)}/stop")))
            stopped()

        self._put(stop())

    def hang_up(self, channel: str, result: LegResult | None = None) -> None:
        """End this channel; with ANSWERED_ELSEWHERE its phone shows no missed call."""
        reason = _REASONS.get(result, "normal") if result is not None else "normal"
        self._put(self._quietly(_one(_drop(f"channels/{part(channel)}?reason={reason}"))))

    def refuse(self, channel: str) -> None:
        """There is nobody under this number."""
        self._put(self._quietly(_one(_drop(f"channels/{part(channel)}?reason=unallocated"))))

    def take_down(self) -> None:
        """The bridge goes."""
        self._put(self._take_down())

    def _dial(self, order: DialOrder, refused: Callable[[int], None]) -> Job:
        path = f"channels/{part(order.channel)}"
        try:
            yield _post("channels/create", self._channel(order))
            if order.bridge_with is not None:
                yield from self._quietly(self._connect((order.bridge_with, order.channel), once_it_is_ours))
                yield from self._quietly(_one(_post(f"channels/{part(order.bridge_with)}/ring")))
            yield from once_it_is_ours(_post(f"{path}/dial", {"timeout": order.seconds + DIAL_GRACE_SECONDS}))
        except (AriRefused, AriAway) as error:
            log.info("leg_not_dialled", api_call_id=self._api_call_id, endpoint=order.endpoint, reason=str(error))
            yield from self._quietly(_one(_drop(path)))
            refused(error.status if isinstance(error, AriRefused) else 0)

    def _channel(self, order: DialOrder) -> dict[str, Any]:
        return {
            "endpoint": order.endpoint,
            "app": self._app,
            "appArgs": order.arguments,
            "channelId": order.channel,
            # What the phone shows: the connected line of the channel is whom the called one is connected with.
            "variables": {"CONNECTEDLINE(num,i)": order.shown},
        }

    def _connect(self, channels: tuple[str, ...], add: Callable[[Errand], Job] = _one) -> Job:
        if not self._has_bridge:
            body = {"type": "mixing", "bridgeId": self.bridge_id, "name": "portal"}
            yield from self._quietly(_one(_post("bridges", body)))
            self._has_bridge = True
        yield from add(_post(f"bridges/{part(self.bridge_id)}/addChannel", {"channel": list(channels)}))

    def _take_down(self) -> Job:
        if self._has_bridge:
            yield from self._quietly(_one(_drop(f"bridges/{part(self.bridge_id)}")))

    def _or_failed(self, errand: Errand, failed: Callable[[], None]) -> Job:
        if not (yield from self._quietly(_one(errand))):
            failed()

    def _quietly(self, job: Job) -> Job:
        """Whether it was done. A channel that is gone meanwhile is no trouble: its end is told by its own event."""
        try:
            yield from job
        except (AriRefused, AriAway) as error:
            log.info("asterisk_refused", api_call_id=self._api_call_id, reason=str(error))
            return False
        return True

    def _put(self, job: Job) -> None:
        self._lanes.put(self._api_call_id, job)
