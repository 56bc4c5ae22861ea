"""`portal engine check`: what keeps an Asterisk from working under the portal, one line each, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from portal.kernel.config import Settings
from portal.telephony.asterisk_lines import LinesOfSwitch
from portal.telephony.engines.asterisk.ari import Ari, AriAway, AriRefused, door_to_switch, part
from portal.telephony.engines.asterisk.names import TECHNOLOGY
from portal.telephony.engines.asterisk.probe import context_of_trunk, hands_over
from portal.telephony.engines.asterisk.sounds import FOLDER, NAMES

PROVEN, OLDEST = 22, 18
"""Asterisk 22 was run under the portal. Back to 18, ARI's documents have all that it uses."""
_MODULES = (
    "app_stasis",
    "chan_pjsip",
    "res_ari_channels",
    "res_ari_bridges",
    "res_ari_recordings",
    "res_ari_playbacks",
    "res_ari_device_states",
    "res_ari_sounds",
    "res_stasis_playback",
    "res_stasis_recording",
    "res_stasis_device_state",
    "res_http_websocket",
    "func_callerid",
    "format_wav",
    "bridge_simple",
    "bridge_softmix",
)
_PROBE = "portal-check"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check. One that is no fault is worth knowing, and keeps no call from working."""

    text: str
    is_fault: bool = True


def check_asterisk(settings: Settings, *, is_engine_running: bool) -> list[Finding]:
    """Looks at the Asterisk of these settings; empty where nothing is missing.

    Without a running engine it sends a call of its own through the dialplan and takes it out again when it arrives.
    """
    if not settings.asterisk.is_complete:
        return [
            Finding(f"{name} is not set: see docs/asterisk.md, section 3.")
            for name, value in (
                ("PORTAL_ASTERISK_URL", settings.asterisk.url),
                ("PORTAL_ASTERISK_PASSWORD", settings.asterisk.password),
            )
            if not value
        ]
    lines = LinesOfSwitch(settings.switch)
    lines.load()
    with door_to_switch() as door:
        ari = Ari(settings.asterisk, door)
        try:
            refusal = _entrance(settings, ari)
            if refusal is not None:
                return [refusal]
            return list(_inside(settings, ari, lines, is_engine_running=is_engine_running))
        except (AriAway, AriRefused) as error:
            return [Finding(f"Asterisk stopped answering in the middle of the check: {error}.")]


def _entrance(settings: Settings, ari: Ari) -> Finding | None:
    """Whether there is an Asterisk that lets us in."""
    url, user = settings.asterisk.url, settings.asterisk.user
    try:
        found = ari.get("asterisk/info")
        version = str(found["system"]["version"])
    except AriAway as error:
        return Finding(
            f"Asterisk does not answer at {url} ({error}): is it running, is http.conf enabled, "
            "is PORTAL_ASTERISK_URL right, does a firewall stand between?"
        )
    except AriRefused as error:
        if error.status == 401:
            return Finding(
                f'Asterisk refuses the user "{user}": PORTAL_ASTERISK_USER and PORTAL_ASTERISK_PASSWORD '
                "must be those of ari.conf."
            )
        return Finding(f"What answers at {url} is not Asterisk's ARI ({error}): is ari.conf enabled?")
    except (KeyError, TypeError):
        return Finding(f"What answers at {url} is not Asterisk's ARI: is PORTAL_ASTERISK_URL right?")
    if _major(version) < OLDEST:
        return Finding(f"Asterisk {version} is too old: {PROVEN} was run under the portal, {OLDEST} may do.")
    return None


def _inside(settings: Settings, ari: Ari, lines: LinesOfSwitch, *, is_engine_running: bool) -> Iterator[Finding]:
    yield from _generation(ari)
    yield from _may_write(settings, ari)
    missing = [each for each in _MODULES if not _is_there(partial(ari.get, f"asterisk/modules/{each}.so"))]
    if missing:
        yield Finding(f"A module is missing: {', '.join(missing)}: load it in modules.conf.")
    yield from _sounds(ari)
    yield from _application(settings, ari, lines, is_engine_running=is_engine_running)
    endpoints = {each["resource"]: each["state"] for each in ari.get(f"endpoints/{TECHNOLOGY}")}
    yield from _trunk(settings, endpoints)
    yield from _phones(lines, endpoints, settings)
    if not lines.numbers():
        yield Finding(
            f'No public number belongs to the switch "{settings.switch}": calls are turned away (portal number add).'
        )


def _generation(ari: Ari) -> Iterator[Finding]:
    version = ari.get("asterisk/info")["system"]["version"]
    if _major(version) != PROVEN:
        yield Finding(
            f"Asterisk {version} was never run under the portal, {PROVEN} was: by ARI's documents it should do. "
            "Try each way of a call before people rely on it.",
            is_fault=False,
        )


def _sounds(ari: Ari) -> Iterator[Finding]:
    """Announcements are looked for as Asterisk looks: in the folder of a language, else beside those folders."""
    missing = [name for name in NAMES if not (_has_sound(ari, f"{FOLDER}/{name}") or _has_sound(ari, name, FOLDER))]
    if missing:
        yield Finding(
            f"No sound {', '.join(f'{FOLDER}/{name}' for name in missing)}: a caller who is to hear it hears a tone "
            "for some seconds. Record it, or let portal engine sounds FOLDER write signals to begin with.",
            is_fault=False,
        )


def _has_sound(ari: Ari, name: str, language: str = "") -> bool:
    """Asterisk takes each folder for a language's: `sounds/portal/closed` is the sound "closed" of "portal"."""
    try:
        formats = ari.get(f"sounds/{part(name)}")["formats"]
    except AriRefused as error:
        if error.status == 404:
            return False
        raise
    return any(each["language"] == language for each in formats) if language else True


def _may_write(settings: Settings, ari: Ari) -> Iterator[Finding]:
    """An order that nothing can come of; a user who may only read is refused before it is looked at."""
    try:
        ari.drop(f"channels/{_PROBE}")
    except AriRefused as error:
        if error.status == 403:
            yield Finding(f'The user "{settings.asterisk.user}" may only read: set read_only = no in ari.conf.')
    try:
        ari.drop(f"recordings/stored/{_PROBE}")
    except AriRefused as error:
        yield Finding(f"Recording is not allowed ({error}): may Asterisk write its folder of recordings?")


def _application(settings: Settings, ari: Ari, lines: LinesOfSwitch, *, is_engine_running: bool) -> Iterator[Finding]:
    app = settings.asterisk.app
    if is_engine_running:
        # A probe would ring people: that its calls come is seen by the running engine itself.
        if not _is_there(lambda: ari.get(f"applications/{app}")):
            yield Finding(f'The engine runs, but Asterisk does not know its application "{app}": see its log.')
        return
    number = next(iter(lines.numbers()), "0000000000")
    context = context_of_trunk(ari, settings.asterisk.trunk.replace("{number}", number))
    if not hands_over(settings.asterisk, ari, f"{number}@{context}"):
        yield Finding(
            f"The dialplan hands no call for {number} to us: [{context}] of extensions.conf needs "
            f"Stasis({app},incoming,${{EXTEN}})."
        )


def _trunk(settings: Settings, endpoints: dict[str, str]) -> Iterator[Finding]:
    trunk = settings.asterisk.trunk
    name = trunk.partition("@")[2] or trunk.removeprefix(f"{TECHNOLOGY}/").partition("/")[0]
    if name not in endpoints:
        yield Finding(f'The trunk "{name}" is not an endpoint of pjsip.conf: set PORTAL_ASTERISK_TRUNK.')


def _phones(lines: LinesOfSwitch, endpoints: dict[str, str], settings: Settings) -> Iterator[Finding]:
    for address in lines.clashes:
        yield Finding(f"{address} is claimed by two accounts: who had it first keeps it, give the other another name.")
    for endpoint in lines.endpoints():
        if endpoint not in endpoints:
            yield Finding(f"SIP/{endpoint} has no endpoint: add [{endpoint}] to pjsip.conf, or give it its name there.")
        elif endpoints[endpoint] != "online":
            yield Finding(
                f"SIP/{endpoint} is not registered: its phone is off, or has another password.", is_fault=False
            )
    trunk = settings.asterisk.trunk.partition("@")[2]
    for endpoint in sorted(set(endpoints) - set(lines.endpoints()) - {trunk}):
        yield Finding(
            f"The endpoint {endpoint} is nobody's: portal line add {endpoint} --account N, if it is a phone.",
            is_fault=False,
        )
    if not lines.endpoints():
        yield Finding(f'No SIP account belongs to the switch "{settings.switch}": portal line add.')


def _is_there(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except AriRefused as error:
        if error.status == 404:
            return False
        raise
    return True


def _major(version: str) -> int:
    digits = version.removeprefix("certified/").partition(".")[0].partition("-")[0]
    return int(digits) if digits.isdigit() else OLDEST
