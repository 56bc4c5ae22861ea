"""What the OpenAPI document promises, held against real answers."""

from __future__ import annotations

import functools
import json
from typing import Any

from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

from portal.public_api.description.document import document

ROOT = "/api.php/telephony"


def assert_documented(method: str, verb: str, response: TestResponse) -> None:
    """Fails where a GET or HEAD of one of the three calls answers what the document does not know."""
    item = document()["paths"].get(f"{ROOT}/{method}")
    if item is None or verb not in {"GET", "HEAD"}:
        return
    answer = item["get"]["responses"].get(str(response.status_code))
    assert answer is not None, f"{method} answered {response.status_code}, which is not described"
    answer = resolved(answer)
    missing = [name for name in answer.get("headers", {}) if name not in response.headers and name != "Link"]
    assert not missing, f"{method} {response.status_code} lacks {missing}"
    if verb == "GET" and "application/json" in answer.get("content", {}) and not response.is_streamed:
        assert response.mimetype == "application/json"
        _validator(method, response.status_code).validate(json.loads(response.get_data()))


def resolved(part: Any) -> Any:
    """A part of the document, or what it points at."""
    if "$ref" not in part:
        return part
    found: Any = document()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


@functools.cache
def _validator(method: str, status: int) -> Any:
    answer = resolved(document()["paths"][f"{ROOT}/{method}"]["get"]["responses"][str(status)])
    schema = answer["content"]["application/json"]["schema"]
    # References begin at the root of the schema that is validated.
    return OAS31Validator({**schema, "components": document()["components"]})
