"""Asking amoCRM: a bearer token, HAL lists page by page, 204 for an empty one.

Source: amocrm.ru/developers/content/crm_platform; at most 7 requests in a second, pages of 250 at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from portal.connectors.secrets import Access, Secrets, Tokens, read_tokens
from portal.connectors.talking import Reply, Spacing, mapping, refused, rows, talk, text
from portal.kernel.http import Door, ServiceTrouble, Trouble

PAGE = 250
_MOST_PAGES = 40


class Client:
    """One account of amoCRM. Thread-safe."""

    def __init__(self, door: Door, url: str, access: Access, spacing: Spacing | None = None) -> None:
        self._door = door
        self.url = url
        self._access = access
        self._spacing = spacing or Spacing()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, seconds: float = 20.0) -> Any:
        """The answer's JSON, None for an empty one. Raises `ServiceTrouble`."""
        asked = f"{path}?{urlencode(query)}" if query else path
        reply = self.send("GET", asked, seconds=seconds)
        if reply.status == 404 and query:
            return None
        if not reply.is_good:
            raise refused(reply, why(reply))
        return reply.data

    def send(self, method: str, path: str, body: Any = None, *, seconds: float = 20.0) -> Reply:
        """Any answer but one that says that the token is out of date: then it goes again with a new one."""
        token = self._access.token(seconds=seconds)
        reply = self._send(method, path, body, token, seconds)
        if reply.status == 401:
            fresh = self._access.token(stale=token, seconds=seconds)
            reply = reply if fresh == token else self._send(method, path, body, fresh, seconds)
        return reply

    def each(self, path: str, name: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
        """Every row of a list, page by page. Raises `ServiceTrouble`, also for a list without an end: what was read of
        it is no whole list, and whoever is missing would count as gone.
        """
        for page in range(1, _MOST_PAGES + 1):
            answer = mapping(self.get(path, {**(query or {}), "page": str(page), "limit": str(PAGE)}))
            yield from rows(mapping(answer.get("_embedded")).get(name))
            if not mapping(mapping(answer.get("_links")).get("next")).get("href"):
                return
        raise ServiceTrouble(Trouble.NONSENSE, "its pages have no end")

    def _send(self, method: str, path: str, body: Any, token: str, seconds: float) -> Reply:
        self._spacing.wait()
        headers = {"Authorization": f"Bearer {token}"}
        is_read = method == "GET"
        return talk(
            self._door, method, self.url + path, headers=headers, body=body, seconds=seconds, can_repeat=is_read
        )


def why(reply: Reply) -> str:
    """What amoCRM says itself: problem details, with the faults of single fields."""
    problem = mapping(reply.data)
    said = text(problem.get("detail")) or text(problem.get("title"))
    for each in rows(problem.get("validation-errors")):
        for fault in rows(each.get("errors")):
            said += f" {text(fault.get('path'))}: {text(fault.get('detail'))}"
    return said.strip()


def tokens_for(door: Door, url: str, secrets: Secrets, *, code: str = "", seconds: float = 20.0) -> Tokens:
    """New tokens for the code of the integration's page (20 minutes old at most), or for the refresh token, which is
    spent by it. Raises `ServiceTrouble`.
    """
    grant = {"grant_type": "authorization_code", "code": code} if code else {"grant_type": "refresh_token"}
    body = {
        "client_id": secrets.client_id,
        "client_secret": secrets.client_secret,
        "redirect_uri": secrets.redirect,
        **grant,
        **({} if code else {"refresh_token": secrets.refresh}),
    }
    reply = talk(door, "POST", f"{url}/oauth2/access_token", body=body, seconds=seconds)
    if reply.status in (400, 401, 403):
        said = text(mapping(reply.data).get("hint")) or why(reply)
        raise ServiceTrouble(Trouble.KEY_REFUSED, f"HTTP {reply.status} {said}".strip()[:200])
    if not reply.is_good:
        raise refused(reply)
    return read_tokens(reply.data)
