"""The OpenAPI document: as it is served, and as what the page shows of it in the reader's language."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.kernel.i18n import gettext as in_readers_words

Part = Mapping[str, Any]
_FILE = Path(__file__).with_name("openapi.json")


@dataclass(frozen=True, slots=True)
class Item:
    """A parameter or a field: its name, what it means, and what it may hold (`kind`, as JSON Schema puts it)."""

    name: str
    meaning: str
    kind: str
    place: str = ""
    is_required: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API, or one event that is told to a CRM."""

    name: str
    path: str
    title: str
    meaning: str
    scope: str
    items: tuple[Item, ...]
    answer: Any
    """The example of the document, None where there is none."""

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The parameters of the address that have an example."""
        return tuple((each.name, each.example) for each in self.items if each.place == "query" and each.example)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status with its code, what it means, and which calls answer it."""

    status: str
    code: str
    meaning: str
    operations: tuple[str, ...]


@functools.cache
def document() -> Part:
    """The document as it is written."""
    found: Part = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def served(root: str) -> dict[str, Any]:
    """The document with this installation's own address."""
    found = copy.deepcopy(dict(document()))
    found["servers"] = [{"url": root}]
    return found


def operations() -> list[Operation]:
    """The calls of the API, in the document's order."""
    return [_operation(path, item["get"]) for path, item in document()["paths"].items()]


def events() -> list[Operation]:
    """What a CRM is told: the name is the value of the event's `EventType`."""
    return [_operation("", item["get"]) for item in document()["webhooks"].values()]


def fields() -> list[Item]:
    """The fields of a call, in the contract's order."""
    properties = document()["components"]["schemas"]["Call"]["properties"]
    return [Item(name, in_readers_words(schema["description"]), _kind(schema)) for name, schema in properties.items()]


def refusals() -> list[Refusal]:
    """Every answer that is no success, by its status."""
    found: dict[str, Refusal] = {}
    for each in (item["get"] for item in document()["paths"].values()):
        for status, answer in each["responses"].items():
            name = answer.get("$ref", "")
            if not name:
                continue
            others = found[name].operations if name in found else ()
            found[name] = _refusal(status, _resolved(answer), (*others, each["operationId"]))
    return sorted(found.values(), key=lambda refusal: refusal.status)


def error_example() -> str:
    """An error as it is answered."""
    bad = document()["components"]["responses"]["BadRequest"]["content"]["application/json"]["example"]
    return json.dumps(bad)


def _operation(path: str, part: Part) -> Operation:
    success = part["responses"].get("200", {}).get("content", {}).get("application/json", {})
    return Operation(
        name=part["operationId"],
        path=path,
        title=in_readers_words(part["summary"]),
        meaning=in_readers_words(part["description"]),
        scope=part.get("x-scope", ""),
        items=tuple(_items(part["parameters"])),
        answer=success.get("example"),
    )


def _items(parameters: Iterable[Part]) -> Iterator[Item]:
    for each in map(_resolved, parameters):
        is_required = each.get("required", False)
        kind, meaning = _kind(each["schema"]), in_readers_words(each["description"])
        yield Item(each["name"], meaning, kind, each["in"], is_required, each.get("example", ""))


def _refusal(status: str, answer: Part, names: tuple[str, ...]) -> Refusal:
    code = answer["content"]["application/json"]["example"]["error"]["code"]
    return Refusal(status, code, in_readers_words(answer["description"]), names)


def _resolved(part: Part) -> Part:
    found: Part = part
    if "$ref" in part:
        found = document()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
    return found


def _kind(schema: Part) -> str:
    """What a value may be, short: `integer, 1…1000000, 1000`."""
    types = schema.get("type", "")
    kind = " | ".join(types) if isinstance(types, list) else types
    if "enum" in schema:
        kind = " | ".join(schema["enum"])
    if "maximum" in schema:
        kind += f" {schema['minimum']}…{schema['maximum']}"
    return f"{kind} = {schema['default']}" if "default" in schema else kind
