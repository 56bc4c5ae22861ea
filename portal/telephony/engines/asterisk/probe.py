"""A call of our own through the dialplan, to see whether it comes to us. No phone rings where it does."""

from __future__ import annotations

import json
import queue
import secrets
from contextlib import suppress

from portal.kernel.clock import monotonic
from portal.kernel.config.asterisk import AsteriskSettings
from portal.telephony.engines.asterisk.ari import Ari, AriAway, AriRefused, Errand, part
from portal.telephony.engines.asterisk.arrival import once_it_is_ours
from portal.telephony.engines.asterisk.feed import Feed
from portal.telephony.engines.asterisk.lanes import carry_out
from portal.telephony.engines.timeline import RealTimeline

_PATIENCE_SECONDS = 5.0
_USUAL_CONTEXT = "from-trunk"


def context_of_trunk(ari: Ari, endpoint: str) -> str:
    """The context in which calls of this trunk begin: a channel that is made and never dialled tells it."""
    channel = f"portal-check-{secrets.token_hex(4)}"
    try:
        made = ari.post("channels/create", {"endpoint": endpoint, "app": ari.app, "channelId": channel})
    except AriRefused:
        return _USUAL_CONTEXT
    with suppress(AriRefused):
        ari.drop(f"channels/{channel}")
    return str(made["dialplan"]["context"] or _USUAL_CONTEXT)


def hands_over(settings: AsteriskSettings, ari: Ari, destination: str) -> bool:
    """Whether a call to `number@context` arrives in our application. Nobody else may listen to it meanwhile.

    A stranger's call that comes in these seconds goes on in the dialplan as if nobody listened.
    """
    heard: queue.Queue[str] = queue.Queue()
    is_open: queue.Queue[bool] = queue.Queue()
    timeline = RealTimeline()
    feed = Feed(settings, ari, timeline, opened=lambda: is_open.put(True), heard=heard.put, lost=lambda: None)
    channel = f"portal-check-{secrets.token_hex(4)}"
    timeline.start()
    feed.start()
    try:
        is_open.get(timeout=_PATIENCE_SECONDS)
        body = {"endpoint": f"Local/{destination}/n", "app": ari.app, "appArgs": "check", "channelId": channel}
        ari.post("channels/create", {**body, "otherChannelId": f"{channel}-2"})
        carry_out(ari, once_it_is_ours(Errand("POST", f"channels/{channel}/dial", {"timeout": 5})))
        return _arrives(ari, heard, f"{channel}-2")
    except (queue.Empty, AriRefused, AriAway):
        return False
    finally:
        for each in (channel, f"{channel}-2"):
            with suppress(AriRefused, AriAway):
                ari.drop(f"channels/{each}")
        feed.stop()
        timeline.stop()


def _arrives(ari: Ari, heard: queue.Queue[str], ours: str) -> bool:
    deadline = monotonic() + _PATIENCE_SECONDS
    while (left := deadline - monotonic()) > 0:
        try:
            event = json.loads(heard.get(timeout=left))
        except queue.Empty:
            break
        if event["type"] != "StasisStart" or event["args"][:1] != ["incoming"]:
            continue
        if event["channel"]["id"] == ours:
            return True
        with suppress(AriRefused):
            ari.post(f"channels/{part(event['channel']['id'])}/continue", {"label": "fallback"})
    return False
