"""An Asterisk that keeps to what a real one was seen to do, with phones that behave as they are told."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

from portal.telephony.engines.asterisk.sounds import NAMES
from portal.telephony.engines.sandbox.callers import outside_party
from portal.telephony.engines.sandbox.chance import within
from portal.telephony.engines.sandbox.lines import NETWORK_DELAY, Habit, PhoneSettings
from portal.telephony.engines.timeline import RealTimeline
from tests.telephony.asterisk.fake_phones import FakeChannel, stamp
from tests.telephony.asterisk.fake_rest import rest
from tests.telephony.asterisk.fake_server import Answer, FakeServer, Listener, parts

APP = "portal"
_OFFLINE = PhoneSettings(Habit.OFFLINE)


class FakeAsterisk:
    """Phones by endpoint; `timeline` is its own clock."""

    def __init__(self, phones: Mapping[str, PhoneSettings], timeline: RealTimeline) -> None:
        self.phones = dict(phones)
        self.timeline = timeline
        self.chance = Random(0)
        self.channels: dict[str, FakeChannel] = {}
        self.bridges: dict[str, set[str]] = {}
        self.live: dict[str, tuple[str, Any]] = {}
        self.stored: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.told: list[dict[str, Any]] = []
        self.not_ours_yet = 0
        """So many requests to dial are refused: a busy switch has not put the channel into the application yet."""
        self.loses_record_news = False
        self.missing_modules: set[str] = set()
        self.watched: set[str] = set()
        self.has_tones = True
        self.sounds = {f"portal/{name}" for name in NAMES}
        self.is_read_only = False
        self.has_dialplan = True
        self.is_mute = False
        """Events are lost, as those are of which nothing was read before the reader died."""
        self.version = "22.10.1"
        self.began = timeline.now()
        self._made = 0
        self._lock = threading.RLock()
        self._listener: Listener | None = None
        self.timeline.start()
        self.server = FakeServer(self._ask, self._listen)

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens to the application."""
        return self._listener is not None

    # What happens outside.

    def call(self, caller: str, did: str, *, patience: float = 120.0, talk: float = 20.0) -> str | None:
        """A call comes through the trunk; None where nobody listens and the dialplan falls back."""
        with self._lock:
            return self._arrive("trunk", caller, did, f"incoming,{did}", patience, talk)

    def dial(self, endpoint: str, number: str) -> str | None:
        """A phone's user dials."""
        with self._lock:
            return self._arrive(endpoint, endpoint, number, f"outgoing,{number}", 120.0, 20.0)

    def hang_up_far_end(self, channel: str) -> None:
        """The person at a channel's far end hangs up."""
        with self._lock:
            self.end(channel, (16, 0))

    def pick_up(self, channel: str) -> None:
        """The person at a phone that rings picks it up."""
        with self._lock:
            self._answer(self.channels[channel], self.phones[self.channels[channel].endpoint])

    def restart(self) -> None:
        """Asterisk dies and comes back: no channel, no bridge, and nobody is told."""
        with self._lock:
            for channel in self.channels.values():
                self._forget_plans(channel)
            self.channels.clear()
            self.bridges.clear()
            self.live.clear()
            self.began = self.timeline.now()
            self.cut()

    def cut(self) -> None:
        """The WebSocket breaks."""
        with self._lock:
            if self._listener is not None:
                listener, self._listener = self._listener, None
                listener.cut()

    def stop(self) -> None:
        self.cut()
        self.server.stop()
        self.timeline.stop()

    def _arrive(
        self, endpoint: str, caller: str, exten: str, arguments: str, patience: float, talk: float
    ) -> str | None:
        if self._listener is None:
            return None
        self._made += 1
        channel = FakeChannel(
            id=f"{int(self.began.timestamp())}.{self._made}",
            name=f"PJSIP/{endpoint}-{self._made:08x}",
            state="Ring",
            caller=caller,
            exten=exten,
            app_data=f"{APP},{arguments}",
            made_at=self.timeline.now(),
            is_ours=False,
            patience=patience,
            talk=talk,
        )
        self.channels[channel.id] = channel
        self.tell("StasisStart", args=arguments.split(","), channel=channel.told())
        self.after(channel, patience, lambda: self.end(channel.id, (16, 0)))
        return channel.id

    def _ask(self, method: str, path: str, arguments: dict[str, Any]) -> Answer:
        with self._lock:
            self.asked.append((method, path, arguments))
            return rest(self, method, parts(path), arguments)

    # What a switch does.

    def create(self, asked: dict[str, Any]) -> Answer:
        if asked["endpoint"].startswith("Local/"):
            return self._create_local(asked)
        endpoint, _, via = asked["endpoint"].removeprefix("PJSIP/").partition("@")
        settings = outside_party(endpoint) if via else self.phones.get(endpoint, _OFFLINE)
        if settings.habit is Habit.OFFLINE:
            return 500, {"error": "Allocation failed"}
        if asked["channelId"] in self.channels:
            return 409, {"message": "Channel with given unique ID already exists"}
        self._made += 1
        data = f"{asked['app']},{asked.get('appArgs', '')}"
        name = f"PJSIP/{via or endpoint}-{self._made:08x}"
        channel = FakeChannel(asked["channelId"], name, "Down", endpoint, "s", data, self.timeline.now(), is_ours=True)
        channel.connected = asked.get("variables", {}).get("CONNECTEDLINE(num,i)", "")
        self.channels[channel.id] = channel
        self.tell("StasisStart", args=asked.get("appArgs", "").split(","), channel=channel.told())
        return 200, channel.told()

    def _create_local(self, asked: dict[str, Any]) -> Answer:
        """Both ends of a call through the dialplan; the second goes there when the first is dialled."""
        number = asked["endpoint"].removeprefix("Local/").partition("@")[0]
        for end, name in ((1, asked["channelId"]), (2, asked["otherChannelId"])):
            data = f"{asked['app']},incoming,{number}"
            self.channels[name] = FakeChannel(
                name, f"Local/{number}-1;{end}", "Down", "", number, data, self.timeline.now(), is_ours=True
            )
        return 200, self.channels[asked["channelId"]].told()

    def dial_out(self, channel: FakeChannel, timeout: float) -> None:
        if channel.name.startswith("Local/"):
            if self.has_dialplan:
                other = self.channels[f"{channel.id}-2"]
                self.tell("StasisStart", args=["incoming", other.exten], channel=other.told())
            return
        number = channel.caller
        settings = self.phones.get(number) or outside_party(number)
        is_taken = any(
            each.endpoint == number and each is not channel and number in self.phones for each in self.channels.values()
        )
        if settings.habit is Habit.BUSY or is_taken:
            self.after(channel, NETWORK_DELAY, lambda: self.end(channel.id, (17, 486)))
            return
        self.after(channel, timeout, lambda: self.end(channel.id, (19, 480)))
        self.after(channel, NETWORK_DELAY, lambda: self._ring(channel, settings))

    def _ring(self, channel: FakeChannel, settings: PhoneSettings) -> None:
        channel.state = "Ringing"
        self._progress(channel, "RINGING")
        self._device(channel, "RINGING")
        wait = within(settings.answers_after, self.chance)
        if settings.habit is Habit.ANSWERS:
            self.after(channel, wait, lambda: self._answer(channel, settings))
        elif settings.habit is Habit.DECLINES:
            self.after(channel, wait, lambda: self.end(channel.id, (17, 486)))

    def _answer(self, channel: FakeChannel, settings: PhoneSettings) -> None:
        self._forget_plans(channel)
        self.lift(channel)
        self._progress(channel, "ANSWER")
        if settings.hangs_up_after is not None:
            channel.talk = within(settings.hangs_up_after, self.chance)

    def lift(self, channel: FakeChannel) -> None:
        channel.state = "Up"
        self._device(channel, "INUSE")
        self.tell("ChannelStateChange", channel=channel.told())

    def join(self, bridge: str, names: list[str]) -> Answer:
        if any(name not in self.channels for name in names):
            return 400, {"message": "Channel not found"}
        self.bridges[bridge].update(names)
        members = [self.channels[each] for each in self.bridges[bridge] if each in self.channels]
        if len(members) > 1 and all(each.state == "Up" for each in members):
            for each in members:
                if not each.is_ours or self.phones.get(each.caller, _OFFLINE).hangs_up_after is not None:
                    self._forget_plans(each)
                    self.after(each, each.talk, lambda each=each: self.end(each.id, (16, 0)))
        return 204, None

    def end(self, name: str, cause: tuple[int, int]) -> None:
        channel = self.channels.pop(name, None)
        if channel is None:
            return
        self._forget_plans(channel)
        for members in self.bridges.values():
            members.discard(name)
        heard = {"cause": cause[0], "tech_cause": cause[1], "channel": channel.told()}
        self.tell("ChannelHangupRequest", **heard)
        self.tell("StasisEnd", channel=channel.told())
        if channel.is_ours:
            self.tell("ChannelDestroyed", cause_txt="", **heard)
        self._device(channel, "NOT_INUSE")

    def close_record(self, name: str) -> None:
        bridge, since = self.live.pop(name)
        seconds = (self.timeline.now() - since).total_seconds()
        self.stored[name] = silence(seconds)
        if not self.loses_record_news:
            recording = {"name": name, "format": "wav", "state": "done", "target_uri": f"bridge:{bridge}"}
            self.tell("RecordingFinished", recording={**recording, "duration": round(seconds)})

    def take_down(self, bridge: str) -> Answer:
        """A bridge goes, and with it what records it."""
        del self.bridges[bridge]
        for name in [name for name, (recorded, _since) in self.live.items() if recorded == bridge]:
            self.close_record(name)
        return 204, None

    def _progress(self, channel: FakeChannel, status: str) -> None:
        if status == "RINGING":
            self.tell("ChannelStateChange", channel=channel.told())
        dialled = {"dialstatus": status, "forward": "", "dialstring": channel.caller}
        self.tell("Dial", **dialled, peer=channel.told())

    def _device(self, channel: FakeChannel, state: str) -> None:
        if f"PJSIP/{channel.endpoint}" in self.watched:
            self.tell("DeviceStateChanged", device_state={"name": f"PJSIP/{channel.endpoint}", "state": state})

    def tell(self, kind: str, **facts: Any) -> None:
        event = {"type": kind, "timestamp": stamp(self.timeline.now()), **facts}
        event |= {"asterisk_id": "02:00:00:00:00:01", "application": APP}
        self.told.append(event)
        if self._listener is not None and not self.is_mute:
            self._listener.tell(event)

    def _listen(self, listener: Listener, is_there: bool) -> None:
        with self._lock:
            if is_there:
                self._listener = listener
            elif self._listener is listener:
                self._listener = None

    def after(self, channel: FakeChannel, seconds: float, act: Any) -> None:
        def locked() -> None:
            with self._lock:
                if channel.id in self.channels:
                    act()

        when = self.timeline.now() + timedelta(seconds=seconds)
        channel.appointments.append(self.timeline.call_at(when, locked))

    @staticmethod
    def _forget_plans(channel: FakeChannel) -> None:
        for each in channel.appointments:
            each.cancel()
        channel.appointments.clear()


def silence(seconds: float) -> bytes:
    """What a record of nobody sounds like."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * max(1, round(8000 * seconds))))
    return out.getvalue()
