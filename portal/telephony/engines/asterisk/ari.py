"""Asterisk's REST interface: one request at a time, or a reason why not."""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from portal.kernel.config.asterisk import AsteriskSettings
from portal.kernel.http import Door, Failed

ANYWHERE = tuple(ipaddress.ip_network(each) for each in ("0.0.0.0/0", "::/0"))
"""The operator names the switch, which mostly stands in a network of the inside."""

_DEADLINE_SECONDS = 5.0
_LONGEST_ANSWER = 32 * 1024 * 1024
"""A list of every endpoint or stored record of a large switch; 300 bytes each."""
_LONGEST_RECORD = 2 * 1024**3
"""A day and a half of one call."""


class AriRefused(Exception):
    """Asterisk answered and did not do it; `status` is HTTP's, the text is Asterisk's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


class AriAway(Exception):
    """Asterisk did not answer, so that nobody knows whether it did what was asked."""


def door_to_switch() -> Door:
    """A door that leads to any address but those of a cloud's metadata."""
    return Door(allow=ANYWHERE, idle_seconds=10.0)


class Ari:
    """Thread-safe. Paths are relative to `/ari/`; what comes from outside goes through `part`."""

    def __init__(self, settings: AsteriskSettings, door: Door) -> None:
        self._line = door.standing_line(f"{settings.url}/ari/", {"Authorization": authorization(settings)})
        self.app = settings.app

    def get(self, path: str) -> Any:
        """What is there. Raises `AriRefused` and `AriAway`, as all of these."""
        return self._send("GET", path)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Do it. Where nobody answers it may have been done: it is not asked for again."""
        return self._send("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Set it."""
        return self._send("PUT", path, body)

    def drop(self, path: str) -> bool:
        """Delete it; False where it was not there."""
        try:
            self._send("DELETE", path)
        except AriRefused as error:
            if error.status == 404:
                return False
            raise
        return True

    def download(self, path: str, target: Path, *, deadline_seconds: float) -> None:
        """The bytes at this path, into a file. Raises OSError too."""
        try:
            with target.open("wb") as file:
                reply = self._line.fetch(path, file, deadline_seconds=deadline_seconds, body_cap=_LONGEST_RECORD)
        except Failed as error:
            raise AriAway(str(error)) from error
        if reply.status != 200:
            raise AriRefused(reply.status, reply.reason)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            reply = self._line.ask(
                method,
                path,
                None if body is None else json.dumps(body).encode(),
                deadline_seconds=_DEADLINE_SECONDS,
                body_cap=_LONGEST_ANSWER,
                # A second `create` is refused where the first was heard: then nobody would know that it was.
                can_repeat=method != "POST",
            )
        except Failed as error:
            raise AriAway(str(error)) from error
        if reply.status >= 300:
            raise AriRefused(reply.status, _message(reply.body) or reply.reason)
        return _answer(reply.body)


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
