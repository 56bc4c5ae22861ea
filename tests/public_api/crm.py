"""A CRM as the API sees it: a key and requests, no cookies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, has_app_context
from werkzeug.test import TestResponse

from portal.accounts.api_keys import reveal_api_key
from portal.kernel.db import transaction
from tests.public_api.documented import assert_documented

ROOT = "/api.php/telephony"
FIELDS = [
    "abonent_id",
    "setup_time",
    "service_name",
    "num_a",
    "code_name_num_a",
    "num_m",
    "num_b",
    "code_name_num_b",
    "num_a_connection_time",
    "num_b_connection_time",
    "connection_time",
    "num_a_waiting_time",
    "num_b_waiting_time",
    "recorder_file",
    "price",
    "api_call_id",
]


def key_of(app: Flask, account_id: int) -> str:
    """The account's key in plain."""
    with app.app_context(), transaction(account_id):
        return reveal_api_key(app.extensions["portal.vault"])


@dataclass(frozen=True, slots=True)
class Crm:
    """Asks with an account's key in the header."""

    app: Flask
    account_id: int
    key: str

    def ask(
        self, method: str, query: Mapping[str, Any] | str | None = None, *, verb: str = "GET", **headers: str
    ) -> TestResponse:
        """Sends a request as it is told; `If_Range="x"` becomes a header. The answer must be a described one."""
        assert not has_app_context(), "leave the app context before you ask"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names.setdefault("Authorization", f"Bearer {self.key}")
        response = self.app.test_client().open(
            f"{ROOT}/{method}", method=verb, query_string=query, headers=names, base_url="https://localhost"
        )
        assert_documented(method, verb, response)
        return response

    def calls(self, **query: Any) -> list[dict[str, Any]]:
        """The calls of `get_calls`; fails where the answer is no list."""
        response = self.ask("get_calls", {name.rstrip("_"): value for name, value in query.items()})
        assert response.status_code == 200, response.get_data(as_text=True)
        found: list[dict[str, Any]] = json.loads(response.get_data())
        return found

    def ids(self, **query: Any) -> list[str]:
        """Only the calls' ids."""
        return [call["api_call_id"] for call in self.calls(**query)]


def refusal(response: TestResponse, status: int) -> str:
    """The message of an error that has the one shape; fails for anything else."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/json; charset=utf-8"
    body = json.loads(response.get_data())
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message"]
    assert body["error"]["code"]
    message = body["error"]["message"]
    assert isinstance(message, str)
    assert message
    assert message.isascii(), "the API speaks English"
    return message
