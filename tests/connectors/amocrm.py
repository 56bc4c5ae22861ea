"""An amoCRM of the tests, which keeps to what its API says: limits, pages, 204, strangers refused, tokens used once."""

from __future__ import annotations

from typing import Any

from tests.connectors.server import Asked, Crm, Limit, Said

TOKEN = "long-lived-token"
CLIENT, SECRET, CODE = "client-1", "secret-1", "code-1"
REDIRECT = "https://cabinet.example/connectors"


class AmoCrmServer(Crm):
    """One account. `users`, `contacts` and `calls` are as the API shows them."""

    def __init__(self, *, page: int = 250, limit: int = 7) -> None:
        self.page = page
        self.limit = Limit(limit)
        self.users: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.tokens = {TOKEN}
        self.refresh_token = ""
        self.renewals = 0
        self.is_admin = True
        self.loses_answers = False
        super().__init__()

    def employ(self, *names: str) -> None:
        """Users by name; their ids count from 11."""
        for name in names:
            user = {"id": 11 + len(self.users), "name": name, "email": "", "rights": {"is_active": True}}
            self.users.append(user)

    def know(self, number: str, owner: int) -> None:
        """A contact with this number, as people write it."""
        phone = {"field_code": "PHONE", "values": [{"value": number, "enum_code": "WORK"}]}
        self.contacts.append(
            {"id": 101 + len(self.contacts), "responsible_user_id": owner, "custom_fields_values": [phone]}
        )

    def answer(self, asked: Asked) -> Said:  # noqa: C901, PLR0911 (a table of addresses)
        if asked.path == "/oauth2/access_token":
            return self._give_tokens(asked.body)
        if self.limit.is_over(asked.at):
            return Said(429, {"title": "Too Many Requests", "status": 429})
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Said(401, {"title": "Unauthorized", "status": 401})
        match asked.method, asked.path:
            case "GET", "/api/v4/account":
                return Said(body={"id": 1, "name": "North LLC"})
            case "GET", "/api/v4/users":
                return self._list(asked, "users", self.users) if self.is_admin else Said(403, {"title": "Forbidden"})
            case "GET", "/api/v4/contacts":
                return self._list(asked, "contacts", self._found(asked.query["query"]))
            case "POST", "/api/v4/contacts":
                return self._add_contacts(asked.body)
            case "POST", "/api/v4/calls":
                said = self._add_calls(asked.body)
                return Said(200, b'{"_embedded": {"calls": [{"id"') if self.loses_answers else said
            case "GET", ("/api/v4/leads/notes" | "/api/v4/companies/notes" | "/api/v4/customers/notes"):
                return Said(204)
            case "GET", "/api/v4/contacts/notes":
                return self._list(asked, "notes", [self._note(call) for call in self.calls])
            case "POST", "/api/v2/events/":
                self.events += asked.body["add"]
                return Said(body={"_embedded": {"items": []}})
        return Said(404, {"title": "Not Found"})

    def _give_tokens(self, body: dict[str, str]) -> Said:
        if (body["client_id"], body["client_secret"]) != (CLIENT, SECRET):
            return Said(400, {"title": "Bad request", "hint": "Client is wrong"})
        if body["grant_type"] == "authorization_code":
            is_right = body["code"] == CODE and body["redirect_uri"] == REDIRECT
        else:
            is_right = bool(self.refresh_token) and body["refresh_token"] == self.refresh_token
        if not is_right:
            return Said(400, {"title": "Bad request", "hint": "Token has been revoked"})
        self.renewals += 1
        self.refresh_token = f"refresh-{self.renewals}"
        self.tokens = {f"access-{self.renewals}"}
        tokens = {"token_type": "Bearer", "expires_in": 86400, "access_token": f"access-{self.renewals}"}
        return Said(body={**tokens, "refresh_token": self.refresh_token})

    def _list(self, asked: Asked, name: str, found: list[dict[str, Any]]) -> Said:
        page, size = int(asked.query.get("page", "1")), min(int(asked.query.get("limit", "50")), self.page)
        rows = found[(page - 1) * size : page * size]
        if not rows:
            return Said(204)
        links: dict[str, Any] = {"self": {"href": self.url}}
        if page * size < len(found):
            links["next"] = {"href": f"{self.url}{asked.path}?page={page + 1}"}
        return Said(body={"_page": page, "_links": links, "_embedded": {name: rows}})

    def _found(self, query: str) -> list[dict[str, Any]]:
        """Whatever field has it: as the real one, it finds too much."""
        return [each for each in self.contacts if query[-7:] in _figures(each)]

    def _add_contacts(self, body: list[dict[str, Any]]) -> Said:
        for each in body:
            self.know(each["custom_fields_values"][0]["values"][0]["value"], each.get("responsible_user_id", 11))
        return Said(body={"_embedded": {"contacts": [{"id": self.contacts[-1]["id"]}]}})

    def _add_calls(self, body: list[dict[str, Any]]) -> Said:
        (call,) = body
        assert {"direction", "duration", "source", "phone"} <= set(call)
        assert None not in (call["call_result"], call["call_status"])
        end = "".join(char for char in call["phone"] if char.isdecimal())[-10:]
        card = next((each for each in self.contacts if _figures(each).endswith(end)), None)
        if card is None:
            return Said(400, {"title": "Bad Request", "detail": "Entity not found", "status": 400})
        self.calls.append({**call, "id": 501 + len(self.calls), "entity_id": card["id"]})
        made = {"id": self.calls[-1]["id"], "entity_id": card["id"], "entity_type": "contact"}
        return Said(body={"_embedded": {"calls": [made]}})

    @staticmethod
    def _note(call: dict[str, Any]) -> dict[str, Any]:
        return {"id": call["id"], "entity_id": call["entity_id"], "params": {"uniq": call["uniq"]}}


def _figures(contact: dict[str, Any]) -> str:
    written = contact["custom_fields_values"][0]["values"][0]["value"]
    return "".join(char for char in written if char.isdecimal())
