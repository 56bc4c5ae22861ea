"""«Описание»: what the document and its page promise is what the code does."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from portal.calls.models import CallRecord
from portal.public_api import answers, errors
from portal.public_api.description.document import document, events, fields, operations, served
from portal.public_api.description.samples import Sample, call_answer, samples
from portal.public_api.door import KEY_PARAMETER
from portal.public_api.listing import DEFAULT_LIMIT, MAX_LIMIT
from portal.public_api.views import feature
from portal.public_api.wire import SERVICE_NAMES
from portal.telephony.engine import CallKind
from portal.telephony.errors import PhoneOffline
from portal.webhooks import wire
from portal.webhooks.models import EventType
from tests.browser import Browser
from tests.calls.factory import NOON
from tests.public_api import crm
from tests.public_api.crm import Crm, refusal
from tests.public_api.documented import resolved

EVERYTHING_KNOWN = CallRecord(
    api_call_id="c1f926a8f5727b77f9cbf39d8f35d061",
    kind=CallKind.INCOMING,
    caller="79039998877",
    caller_name="Ivan Petrov",
    did="74951234567",
    callee="SIP/00000000672",
    callee_name="Olga Manoli",
    started_at=NOON,
    answered_at=NOON,
    talk_seconds=60,
    caller_wait_seconds=5,
    price=Decimal("1.8"),
)
PATHS: dict[str, Any] = {path.rpartition("/")[2]: item["get"] for path, item in document()["paths"].items()}
NO_METHOD = {"unknown"}


def words(browser: Browser, language: str) -> str:
    """What the page says in this language."""
    response = browser.get("/description", headers={"Accept-Language": language})
    assert response.status_code == 200
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def queried(method: str) -> list[dict[str, Any]]:
    """The parameters in the address."""
    return [each for each in map(resolved, PATHS[method]["parameters"]) if each["in"] == "query"]


def example(method: str) -> dict[str, str]:
    return {each["name"]: each["example"] for each in queried(method) if "example" in each}


def test_the_document_is_openapi() -> None:
    validate(served("https://portal.example"))


def test_the_document_knows_each_call_and_what_its_key_needs() -> None:
    assert {name: item["x-scope"] for name, item in PATHS.items()} == {
        name: needs.value for name, needs in feature.needs.items() if name not in NO_METHOD
    }


@pytest.mark.parametrize("method", PATHS)
def test_each_parameter_that_is_described_is_read(north: Crm, method: str) -> None:
    """One that is read is refused when it is given twice."""
    for parameter in queried(method):
        name = parameter["name"]
        others = [(other, value) for other, value in example(method).items() if other != name]
        response = north.ask(method, urlencode([*others, (name, "1"), (name, "1")]))
        assert refusal(response, 400).startswith(name)


def test_each_parameter_that_is_read_is_described() -> None:
    read = set(re.findall(r'given\.\w+\("(\w+)"', inspect.getsource(answers)))
    read |= {
        name
        for names in re.findall(r"for name in \((.*?)\)", inspect.getsource(answers))
        for name in re.findall(r'"(\w+)"', names)
    }

    assert read == {each["name"] for method in PATHS for each in queried(method)}


def test_every_value_of_a_choice_and_every_bound_is_the_codes() -> None:
    by_name = {each["name"]: each["schema"] for each in queried("get_calls")}

    assert by_name["service_name"]["enum"] == list(SERVICE_NAMES.values())
    assert (by_name["limit"]["default"], by_name["limit"]["maximum"]) == (DEFAULT_LIMIT, MAX_LIMIT)
    assert document()["components"]["securitySchemes"]["parameter"]["name"] == KEY_PARAMETER


def test_every_error_code_is_described_and_no_other() -> None:
    described = document()["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]

    assert set(described) == errors.codes() | {PhoneOffline.code}


@pytest.mark.parametrize("name", list(document()["components"]["responses"]))
def test_the_example_of_an_error_has_the_codes_status(name: str) -> None:
    answer = document()["components"]["responses"][name]
    code = answer["content"]["application/json"]["example"]["error"]["code"]
    statuses = {
        status
        for item in PATHS.values()
        for status, each in item["responses"].items()
        if each.get("$ref", "").endswith(f"/{name}")
    }

    assert len(statuses) == 1
    assert int(statuses.pop()) in errors.statuses(code)


def test_the_fields_are_the_contracts(app: Flask) -> None:
    with app.test_request_context():
        assert [field.name for field in fields()] == crm.FIELDS
    schema = document()["components"]["schemas"]["Call"]
    assert schema["required"] == crm.FIELDS
    [call] = json.loads(call_answer())
    assert list(call) == crm.FIELDS
    assert [call] == PATHS["get_calls"]["responses"]["200"]["content"]["application/json"]["example"]


@pytest.mark.parametrize("method", PATHS)
def test_every_example_is_understood(north: Crm, method: str) -> None:
    message = json.loads(north.ask(method, example(method)).get_data())

    assert message == [] or message["error"]["code"] == "not_found"


@pytest.mark.parametrize("event", EventType)
def test_the_events_are_those_that_are_sent(event: EventType) -> None:
    item = document()["webhooks"][event]
    sent = wire.PARAMETERS[event](EVERYTHING_KNOWN)

    assert [each["name"] for each in map(resolved, item["get"]["parameters"]) if each["in"] == "query"] == [
        name for name, _value in sent
    ]
    schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
    OAS31Validator(schema).validate(json.loads(wire.json_body(event, sent, EVERYTHING_KNOWN.started_at)))
    assert set(document()["webhooks"]) == {each.value for each in EventType}


@pytest.mark.parametrize(("language", "heading"), [("en", "Place an outgoing call"), ("ru", "Позвонить самим")])
def test_both_languages_tell_all_names_of_the_wire(app: Flask, boris: Browser, language: str, heading: str) -> None:
    page = words(boris, language)

    assert heading in page
    with app.test_request_context():
        items = [item for each in (*operations(), *events()) for item in each.items]
        names = [item.name for item in (*items, *fields())]
    assert not [name for name in [*PATHS, *names] if name not in page]


def test_the_page_in_russian_speaks_no_english_of_the_document(boris: Browser) -> None:
    page = words(boris, "ru")

    assert not [item["summary"] for item in PATHS.values() if item["summary"] in page]
    assert not [name for name, each in document()["components"]["responses"].items() if each["description"] in page]


def test_the_lines_to_copy_have_this_installations_address_and_no_key(app: Flask, north: Crm, anna: Browser) -> None:
    page = words(anna, "en")

    assert f"https://localhost{crm.ROOT}/outcome?num_a=SIP/00000000672" in page
    assert north.key not in page


def test_the_document_is_served_with_this_installations_address(boris: Browser, nobody: Browser) -> None:
    answer = boris.get("/description/openapi.json")

    assert answer.mimetype == "application/json"
    found = json.loads(answer.get_data())
    assert found["servers"] == [{"url": "https://localhost"}]
    validate(found)
    assert nobody.get("/description/openapi.json").status_code == 303


def all_samples() -> Iterator[Sample]:
    for method in PATHS:
        query = tuple(example(method).items())
        yield from samples(f"https://portal.example/{method}", query, saves_as="record.wav")


@pytest.mark.parametrize(
    "sample", [each for each in all_samples() if each.id == "python"], ids=lambda each: each.code[:0]
)
def test_the_python_lines_are_python(sample: Sample) -> None:
    compile(sample.code, "sample", "exec")
