"""A Bitrix24 of the tests, which keeps to what its API says: a leaky bucket, pages of fifty, calls by applications."""

from __future__ import annotations

from typing import Any

from tests.connectors.server import Asked, Crm, Said

WEBHOOK = "/rest/1/webhooksecret1"
CLIENT, SECRET, CODE = "local.1", "key-1", "code-1"
_FOR_APPLICATIONS = {"telephony.externalcall.register", "telephony.externalcall.finish"}


class Bitrix24Server(Crm):
    """One portal, and the server of its tokens. `calls` is by CALL_ID; `screens` says who sees which card."""

    def __init__(self, *, bucket: int = 50) -> None:
        self.users: list[dict[str, Any]] = []
        self.cards: dict[str, list[dict[str, Any]]] = {}
        self.calls: dict[str, dict[str, Any]] = {}
        self.screens: dict[str, list[str]] = {}
        self.access_token = ""
        self.refresh_token = ""
        self.renewals = 0
        self.bucket = bucket
        self._level, self._at = 0.0, 0.0
        super().__init__()

    def employ(self, *names: str) -> None:
        """Users by name; their ids count from 1, their internal numbers from 101."""
        for name in names:
            number = len(self.users) + 1
            first, _space, last = name.partition(" ")
            user = {"ID": str(number), "NAME": first, "LAST_NAME": last, "ACTIVE": True}
            self.users.append(
                user | {"UF_PHONE_INNER": str(100 + number), "PERSONAL_MOBILE": f"8 903 000-00-{number:02}"}
            )

    def know(self, number: str, owner: int) -> None:
        self.cards[f"+{number}"] = [{"CRM_ENTITY_TYPE": "CONTACT", "ID": 7, "ASSIGNED_BY_ID": owner}]

    def expire(self) -> None:
        """The access token is over."""
        self.access_token = "another"

    def answer(self, asked: Asked) -> Said:  # noqa: PLR0911 (a table of refusals)
        if asked.path == "/oauth/token/":
            return self._give_tokens(asked.query)
        if self._is_over(asked.at):
            return Said(503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"})
        body = asked.body or {}
        if asked.path.startswith(f"{WEBHOOK}/"):
            method = asked.path.removeprefix(f"{WEBHOOK}/").removesuffix(".json").lower()
            if method in _FOR_APPLICATIONS:
                return Said(
                    403, {"error": "WRONG_AUTH_TYPE", "error_description": "Current authorization type is denied"}
                )
            return self._do(method, body)
        if not asked.path.startswith("/rest/") or body.get("auth") is None:
            return Said(401, {"error": "NO_AUTH_FOUND", "error_description": "Wrong authorization data"})
        if body["auth"] != self.access_token:
            return Said(401, {"error": "expired_token", "error_description": "The access token has expired"})
        return self._do(asked.path.removeprefix("/rest/").removesuffix(".json").lower(), body)

    def _is_over(self, at: float) -> bool:
        self._level = max(0.0, self._level - 2 * (at - self._at))
        self._at = at
        if self._level + 1 > self.bucket:
            return True
        self._level += 1
        return False

    def _give_tokens(self, query: dict[str, str]) -> Said:
        if (query.get("client_id"), query.get("client_secret")) != (CLIENT, SECRET):
            return Said(400, {"error": "invalid_client"})
        kept = CODE if query["grant_type"] == "authorization_code" else self.refresh_token
        if not kept or query.get("code", query.get("refresh_token")) != kept:
            return Said(400, {"error": "invalid_grant"})
        self.renewals += 1
        self.access_token, self.refresh_token = f"access-{self.renewals}", f"refresh-{self.renewals}"
        tokens = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": 3600}
        return Said(body={**tokens, "client_endpoint": f"{self.url}/rest/", "member_id": "1", "scope": "crm"})

    def _do(self, method: str, body: dict[str, Any]) -> Said:  # noqa: PLR0911 (a table of methods)
        match method.removeprefix("telephony.externalcall."):
            case "profile":
                return _result({"ID": "1", "NAME": "Ivan", "LAST_NAME": "North", "ADMIN": True})
            case "user.get":
                start = int(body["start"])
                more = {"next": start + 50} if start + 50 < len(self.users) else {}
                return Said(body={"result": self.users[start : start + 50], "total": len(self.users), **more})
            case "searchcrmentities":
                return _result(self.cards.get(body["PHONE_NUMBER"], []))
            case "register":
                return self._register(body)
            case "show" | "hide" as act:
                return self._screen(act, body)
            case "finish":
                return self._finish(body)
            case "attachrecord":
                self.calls[body["CALL_ID"]] |= {"record": body["RECORD_URL"], "record_name": body["FILENAME"]}
                return _result({"FILE_ID": 9})
        return Said(404, {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"})

    def _register(self, body: dict[str, Any]) -> Said:
        """The same EXTERNAL_CALL_ID is the same call."""
        call_id = f"externalCall.{body['EXTERNAL_CALL_ID']}"
        self.calls.setdefault(call_id, {**body, "finished": 0})
        self.screens.setdefault(call_id, [])
        if body["SHOW"]:
            self.screens[call_id].append(str(body["USER_ID"]))
        return _result({"CALL_ID": call_id, "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 7})

    def _screen(self, act: str, body: dict[str, Any]) -> Said:
        seen = self.screens[body["CALL_ID"]]
        for user in map(str, body["USER_ID"]):
            if act == "show" and user not in seen:
                seen.append(user)
            elif act == "hide" and user in seen:
                seen.remove(user)
        return _result(True)

    def _finish(self, body: dict[str, Any]) -> Said:
        call = self.calls.get(body["CALL_ID"])
        if call is None or call["finished"]:
            return Said(400, {"error": "ERROR_NOT_FOUND", "error_description": "Call is not found"})
        call.update(body, finished=1)
        self.screens[body["CALL_ID"]].clear()
        return _result({"CALL_ID": body["CALL_ID"]})


def _result(result: Any) -> Said:
    return Said(body={"result": result, "time": {"operating": 0}})
