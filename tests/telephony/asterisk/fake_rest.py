"""The fake's REST interface: as much of ARI as is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from portal.telephony.engines.sandbox.lines import Habit
from tests.telephony.asterisk.fake_phones import FakeChannel, stamp
from tests.telephony.asterisk.fake_server import Answer

if TYPE_CHECKING:
    from tests.telephony.asterisk.fake import FakeAsterisk

Handler: TypeAlias = Callable[["FakeAsterisk", str, tuple[str, ...], dict[str, Any]], Answer]

NOT_FOUND: Answer = (404, {"message": "Not found"})
DONE: Answer = (204, None)


def rest(fake: FakeAsterisk, method: str, where: tuple[str, ...], asked: dict[str, Any]) -> Answer:
    """The answer to one request."""
    if fake.is_read_only and method != "GET":
        return 403, {"message": "Write access denied"}
    handler = _HANDLERS.get(where[0])
    return handler(fake, method, where[1:], asked) if handler else NOT_FOUND


def _asterisk(fake: FakeAsterisk, _method: str, where: tuple[str, ...], _asked: dict[str, Any]) -> Answer:
    if where[0] == "modules":
        return NOT_FOUND if where[1].removesuffix(".so") in fake.missing_modules else (200, {"name": where[1]})
    system = {"version": fake.version, "entity_id": "02:00:00:00:00:01"}
    return 200, {"system": system, "status": {"startup_time": stamp(fake.began)}}


def _applications(fake: FakeAsterisk, _method: str, where: tuple[str, ...], asked: dict[str, Any]) -> Answer:
    if where[0] != "portal" or not fake.is_heard:
        return NOT_FOUND
    if where[1:] == ("subscription",):
        fake.watched |= {str(each).removeprefix("deviceState:") for each in asked["eventSource"]}
    return 200, {"name": where[0], "device_names": sorted(fake.watched)}


def _endpoints(fake: FakeAsterisk, _method: str, _where: tuple[str, ...], _asked: dict[str, Any]) -> Answer:
    return 200, [
        {
            "technology": "PJSIP",
            "resource": name,
            "state": "offline" if settings.habit is Habit.OFFLINE else "online",
            "channel_ids": [each.id for each in fake.channels.values() if each.endpoint == name],
        }
        for name, settings in fake.phones.items()
    ] + [{"technology": "PJSIP", "resource": "trunk", "state": "online", "channel_ids": []}]


def _channels(fake: FakeAsterisk, method: str, where: tuple[str, ...], asked: dict[str, Any]) -> Answer:
    if not where:
        return 200, [channel.told() for channel in fake.channels.values()]
    if where == ("create",):
        return fake.create(asked)
    channel = fake.channels.get(where[0])
    if channel is None:
        return NOT_FOUND
    if method == "DELETE" and len(where) == 1:
        fake.end(channel.id, (16, 0))
    elif where[1:] == ("dial",) and fake.not_ours_yet:
        fake.not_ours_yet -= 1
        return 409, {"message": "Channel not in Stasis application"}
    elif method == "POST":
        _act(fake, channel, where[1], asked)
    return DONE


def _act(fake: FakeAsterisk, channel: FakeChannel, act: str, asked: dict[str, Any]) -> None:
    if act == "dial":
        fake.dial_out(channel, float(asked["timeout"]))
    elif act == "answer":
        fake.lift(channel)
    elif act == "play":
        media = str(asked["media"])
        # A sound that is missing is noticed when it is played; a tone goes on until it is stopped.
        kind, _colon, name = media.partition(":")
        has_failed = name not in fake.sounds if kind == "sound" else not fake.has_tones
        playback = {"id": asked["playbackId"], "media_uri": media, "state": "failed" if has_failed else "done"}
        playback |= {"target_uri": f"channel:{channel.id}", "language": "en"}
        if has_failed or kind == "sound":
            seconds = 0.1 if has_failed else 4.0
            fake.after(channel, seconds, lambda: fake.tell("PlaybackFinished", playback=playback))


def _bridges(fake: FakeAsterisk, method: str, where: tuple[str, ...], asked: dict[str, Any]) -> Answer:
    if not where:
        if method == "GET":
            return 200, [{"id": name, "channels": sorted(members)} for name, members in fake.bridges.items()]
        fake.bridges[asked["bridgeId"]] = set()
        return 200, {"id": asked["bridgeId"]}
    if where[0] not in fake.bridges:
        return NOT_FOUND
    if method == "DELETE":
        return fake.take_down(where[0])
    if where[1] == "addChannel":
        return fake.join(where[0], asked["channel"])
    fake.live[asked["name"]] = (where[0], fake.timeline.now())
    return 201, {"name": asked["name"]}


def _recordings(fake: FakeAsterisk, method: str, where: tuple[str, ...], _asked: dict[str, Any]) -> Answer:
    if where == ("stored",):
        return 200, [{"name": name, "format": "wav"} for name in [*fake.stored, *fake.live]]
    kind, name = where[:2]
    if name not in (fake.live if kind == "live" else fake.stored):
        return NOT_FOUND
    if method == "GET":
        return 200, fake.stored[name]
    if method == "DELETE":
        del fake.stored[name]
    else:
        fake.close_record(name)
    return DONE


def _sounds(fake: FakeAsterisk, _method: str, where: tuple[str, ...], _asked: dict[str, Any]) -> Answer:
    """Each folder among the sounds is taken for one of a language: `portal/closed` is "closed" of "portal"."""
    languages = [file.partition("/")[0] for file in sorted(fake.sounds) if file.partition("/")[2] == where[0]]
    if not languages:
        return NOT_FOUND
    return 200, {"id": where[0], "formats": [{"language": each, "format": "slin"} for each in languages]}


_HANDLERS: dict[str, Handler] = {
    "asterisk": _asterisk,
    "applications": _applications,
    "endpoints": _endpoints,
    "channels": _channels,
    "bridges": _bridges,
    "recordings": _recordings,
    "sounds": _sounds,
}
