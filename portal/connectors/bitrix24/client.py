"""Asking Bitrix24: by an inbound webhook, whose address is the secret, or as an application, by renewed tokens.

Source: apidocs.bitrix24.ru; two requests in a second for long, fifty at once, and 503 `QUERY_LIMIT_EXCEEDED` then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from portal.connectors.secrets import Access, Secrets, Tokens, read_tokens
from portal.connectors.talking import Reply, Spacing, mapping, refused, rows, talk, text
from portal.kernel.http import Door, ServiceTrouble, Trouble

_MOST_PAGES = 200
_BY_CODE = {
    "QUERY_LIMIT_EXCEEDED": Trouble.TOO_MANY,
    "OPERATION_TIME_LIMIT": Trouble.TOO_MANY,
    "EXPIRED_TOKEN": Trouble.KEY_REFUSED,
    "INVALID_TOKEN": Trouble.KEY_REFUSED,
    "INVALID_GRANT": Trouble.KEY_REFUSED,
    "INVALID_CLIENT": Trouble.KEY_REFUSED,
    "INVALID_CREDENTIALS": Trouble.KEY_REFUSED,
    "NO_AUTH_FOUND": Trouble.KEY_REFUSED,
    "APPLICATION_NOT_FOUND": Trouble.KEY_REFUSED,
    "PORTAL_DELETED": Trouble.KEY_REFUSED,
    "PAYMENT_REQUIRED": Trouble.UNPAID,
    "INSUFFICIENT_SCOPE": Trouble.FORBIDDEN,
    "ACCESS_DENIED": Trouble.FORBIDDEN,
    "ERROR_METHOD_NOT_FOUND": Trouble.FORBIDDEN,
    "METHOD_NOT_FOUND": Trouble.FORBIDDEN,
    "WRONG_AUTH_TYPE": Trouble.NO_APPLICATION,
}


class Client:
    """One Bitrix24. `rest` is the address that a method's name follows. Thread-safe."""

    def __init__(
        self, door: Door, rest: str, access: Access, *, is_application: bool, spacing: Spacing | None = None
    ) -> None:
        self._door = door
        self._rest = rest
        self._access = access
        self._spacing = spacing or Spacing()
        self._is_application = is_application

    def call(self, method: str, body: Mapping[str, Any] | None = None, *, seconds: float = 20.0) -> Mapping[str, Any]:
        """The whole answer, `result` and what stands beside it. Raises `ServiceTrouble`."""
        token = self._access.token(seconds=seconds)
        reply = self._send(method, body or {}, token, seconds)
        if self._is_application and code(reply) == "EXPIRED_TOKEN":
            fresh = self._access.token(stale=token, seconds=seconds)
            reply = reply if fresh == token else self._send(method, body or {}, fresh, seconds)
        if reply.is_good and not code(reply):
            return mapping(reply.data)
        raise trouble(reply)

    def each(self, method: str, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Every row of a list, fifty at a time. Raises `ServiceTrouble`, also for a list without an end: what was read
        of it is no whole list, and whoever is missing would count as gone.
        """
        start = 0
        for _page in range(_MOST_PAGES):
            answer = self.call(method, {**body, "start": start})
            yield from rows(answer.get("result"))
            following = answer.get("next")
            if not isinstance(following, int) or following <= 0:
                return
            if following <= start:
                break
            start = following
        raise ServiceTrouble(Trouble.NONSENSE, "its pages have no end")

    def _send(self, method: str, body: Mapping[str, Any], token: str, seconds: float) -> Reply:
        self._spacing.wait()
        said = {**body, "auth": token} if self._is_application else dict(body)
        # Never over a kept connection: whether it came twice would make a difference for some methods.
        return talk(self._door, "POST", f"{self._rest}/{method}.json", body=said, seconds=seconds)


def code(reply: Reply) -> str:
    """The error's own name, in capitals; "" for none."""
    return text(mapping(reply.data).get("error")).upper()


def trouble(reply: Reply) -> ServiceTrouble:
    """What an answer with an error means."""
    name = code(reply)
    said = text(mapping(reply.data).get("error_description"))
    known = _BY_CODE.get(name)
    if known is None:
        # 404 is how some methods say that the one thing is not there.
        status = 400 if reply.status == 404 and name else reply.status
        return refused(Reply(status, None, reply.retry_after), f"{name} {said}".strip())
    return ServiceTrouble(known, f"{name} {said}".strip()[:200], reply.retry_after)


def tokens_for(door: Door, oauth: str, secrets: Secrets, *, authorisation: str = "", seconds: float = 20.0) -> Tokens:
    """New tokens for the code that the browser brought (it lives for 30 s), or for the refresh token, which is spent by
    it. Raises `ServiceTrouble`.
    """
    grant = {"grant_type": "authorization_code", "code": authorisation}
    if not authorisation:
        grant = {"grant_type": "refresh_token", "refresh_token": secrets.refresh}
    query = urlencode({**grant, "client_id": secrets.client_id, "client_secret": secrets.client_secret})
    reply = talk(door, "GET", f"{oauth}/oauth/token/?{query}", seconds=seconds)
    if code(reply) or not reply.is_good:
        raise trouble(reply)
    return read_tokens(reply.data, text(mapping(reply.data).get("client_endpoint")).rstrip("/"))
