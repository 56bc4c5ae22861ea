"""An event of Asterisk's, told to the call that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from portal.telephony.control.events import AnnouncementFinished, LegAnswered, LegRinging
from portal.telephony.engines.asterisk.driver import CallDriver
from portal.telephony.engines.asterisk.names import is_tone

log = structlog.get_logger(__name__)

WANTED = (
    "StasisStart",
    "StasisEnd",
    "ChannelStateChange",
    "ChannelHangupRequest",
    "ChannelDestroyed",
    "Dial",
    "RecordingFinished",
    "RecordingFailed",
    "PlaybackFinished",
    "DeviceStateChanged",
    "ApplicationReplaced",
)
"""The types of events that mean something to us; most of what Asterisk tells is left out at the source."""

_RINGING = frozenset({"RINGING", "PROGRESS"})


def tell_leg(driver: CallDriver, leg: int, event: Mapping[str, Any], at: datetime) -> None:
    """News of a channel that belongs to this leg. A repeat, or the same by another event, changes nothing."""
    if leg in driver.seats.dialled:
        _tell_dialled(driver, leg, event, at)
    elif event["type"] == "StasisEnd":
        # A channel from the dialplan: its ChannelDestroyed comes to nobody.
        driver.caller_gone(at)


def _tell_dialled(driver: CallDriver, leg: int, event: Mapping[str, Any], at: datetime) -> None:
    news = driver.seats.news[leg]
    match event:
        case {"type": "Dial", "dialstatus": status} if status:
            news.dial_status = status
            _hear_progress(driver, leg, str(status), at)
        case {"type": "ChannelStateChange", "channel": {"state": "Ringing"}}:
            _hear_progress(driver, leg, "RINGING", at)
        case {"type": "ChannelStateChange", "channel": {"state": "Up"}}:
            _hear_progress(driver, leg, "ANSWER", at)
        case {"type": "ChannelHangupRequest"}:
            news.hear_cause(event.get("cause"), event.get("tech_cause"))
        case {"type": "StasisEnd", "channel": {"state": "Up"}}:
            driver.end_leg(leg, at)
        case {"type": "ChannelDestroyed"}:
            news.hear_cause(event.get("cause"), event.get("tech_cause"))
            driver.end_leg(leg, at)


def _hear_progress(driver: CallDriver, leg: int, status: str, at: datetime) -> None:
    if status in _RINGING:
        driver.seats.news[leg].has_rung = True
        driver.tell(LegRinging(leg), at)
    elif status == "ANSWER":
        driver.tell(LegAnswered(leg), at)


def tell_call(driver: CallDriver, event: Mapping[str, Any], at: datetime) -> None:
    """News of a call's record or announcement."""
    if event["type"] == "PlaybackFinished":
        _hear_of_playback(driver, event["playback"], at)
    elif event["recording"]["name"] == driver.record:
        driver.hear_of_record()


def _hear_of_playback(driver: CallDriver, playback: Mapping[str, Any], at: datetime) -> None:
    if playback.get("state") == "failed" and not is_tone(playback["id"]):
        log.warning("announcement_missing", media=playback.get("media_uri"))
        driver.play_tone()
    else:
        driver.tell(AnnouncementFinished(), at)
