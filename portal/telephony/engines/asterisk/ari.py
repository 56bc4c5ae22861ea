"""Asterisk's REST interface: what is asked, and the answer or a reason why not."""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from portal.kernel.config.asterisk import AsteriskSettings
from portal.kernel.http import Door, Failed, Loop, LoopedLine, Reply, Stream

ANYWHERE = tuple(ipaddress.ip_network(each) for each in ("0.0.0.0/0", "::/0"))
"""The operator names the switch, which mostly stands in a network of the inside."""

_DEADLINE_SECONDS = 5.0
_LONGEST_ANSWER = 32 * 1024 * 1024
"""A list of every endpoint or stored record of a large switch; 300 bytes each."""
_LONGEST_RECORD = 2 * 1024**3
"""A day and a half of one call."""
_IDLE_SECONDS = 10.0
_AT_ONCE = 12
"""Asterisk has a thread for each connection, and works off a burst no sooner over more of them."""


class AriRefused(Exception):
    """Asterisk answered and did not do it; `status` is HTTP's, the text is Asterisk's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


class AriAway(Exception):
    """Asterisk did not answer, so that nobody knows whether it did what was asked."""


def door_to_switch() -> Door:
    """A door that leads to any address but those of a cloud's metadata."""
    return Door(allow=ANYWHERE, idle_seconds=_IDLE_SECONDS)


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to be asked. `DELETE` of what is not there is answered with False, of what was there with True."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None

    @property
    def payload(self) -> bytes | None:
        return None if self.body is None else json.dumps(self.body).encode()

    @property
    def can_repeat(self) -> bool:
        """A second `create` is refused where the first was heard: then nobody would know that it was."""
        return self.method != "POST"

    def answer(self, reply: Reply) -> Any:
        """What the reply holds. Raises `AriRefused` and `AriAway`."""
        if self.method == "DELETE" and reply.status == 404:
            return False
        if reply.status >= 300:
            raise AriRefused(reply.status, _message(reply.body) or reply.reason)
        found = _answer(reply.body)
        return True if self.method == "DELETE" else found


class Ari:
    """Thread-safe; whoever asks waits for the answer.

    Paths are relative to `/ari/`; what comes from outside goes through `part`.
    """

    def __init__(self, settings: AsteriskSettings, door: Door) -> None:
        self._line = door.standing_line(f"{settings.url}/ari/", {"Authorization": authorization(settings)})
        self.app = settings.app

    def get(self, path: str) -> Any:
        """What is there. Raises `AriRefused` and `AriAway`, as all of these."""
        return self.ask(Errand("GET", path))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Do it. Where nobody answers it may have been done: it is not asked for again."""
        return self.ask(Errand("POST", path, body))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Set it."""
        return self.ask(Errand("PUT", path, body))

    def drop(self, path: str) -> bool:
        """Delete it; False where it was not there."""
        return bool(self.ask(Errand("DELETE", path)))

    def aside(self, loop: Loop) -> AriAside:
        """The same for a thread that never waits."""
        return AriAside(LoopedLine(self._line, loop, at_most=_AT_ONCE, idle_seconds=_IDLE_SECONDS))

    def stream(self) -> Stream:
        """A connection by itself, for its events. Raises `AriAway`."""
        try:
            return self._line.stream(deadline_seconds=_DEADLINE_SECONDS)
        except Failed as error:
            raise AriAway(str(error)) from error

    def download(self, path: str, target: Path, *, deadline_seconds: float) -> None:
        """The bytes at this path, into a file. Raises OSError too."""
        try:
            with target.open("wb") as file:
                reply = self._line.fetch(path, file, deadline_seconds=deadline_seconds, body_cap=_LONGEST_RECORD)
        except Failed as error:
            raise AriAway(str(error)) from error
        if reply.status != 200:
            raise AriRefused(reply.status, reply.reason)

    def ask(self, errand: Errand) -> Any:
        """Any of these."""
        try:
            reply = self._line.ask(
                errand.method,
                errand.path,
                errand.payload,
                deadline_seconds=_DEADLINE_SECONDS,
                body_cap=_LONGEST_ANSWER,
                can_repeat=errand.can_repeat,
            )
        except Failed as error:
            raise AriAway(str(error)) from error
        return errand.answer(reply)


class AriAside:
    """Errands beside each other, in the thread of a loop."""

    def __init__(self, line: LoopedLine) -> None:
        self._line = line

    def ask(self, errand: Errand, told: Callable[[Any], None]) -> None:
        """`told` gets the answer, or `AriRefused` or `AriAway` as an object."""
        self._line.ask(
            errand.method,
            errand.path,
            errand.payload,
            lambda reply: told(_heard(errand, reply)),
            deadline_seconds=_DEADLINE_SECONDS,
            body_cap=_LONGEST_ANSWER,
            can_repeat=errand.can_repeat,
        )

    def give_up_late(self) -> None:
        """To be done now and then: what has had no answer for too long is told so."""
        self._line.give_up_late()

    def close(self) -> None:
        """When the loop has ended."""
        self._line.close()


def _heard(errand: Errand, reply: Reply | Failed) -> Any:
    if isinstance(reply, Failed):
        return AriAway(str(reply))
    try:
        return errand.answer(reply)
    except (AriRefused, AriAway) as trouble:
        return trouble


def part(text: str) -> str:
    """One part of a path, whatever stands in it."""
    return quote(text, safe="")


def authorization(settings: AsteriskSettings) -> str:
    """The header's value: HTTP's basic scheme, which keeps the password out of every address."""
    return "Basic " + base64.b64encode(f"{settings.user}:{settings.password}".encode()).decode()


def _answer(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise AriAway("what answers there is no Asterisk") from error


def _message(body: bytes) -> str:
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    text = found.get("message") or found.get("error") if isinstance(found, dict) else None
    return str(text or "")[:200]
