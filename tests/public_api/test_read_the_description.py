"""«Описание»: what the page promises is what the code does."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest
from flask import Flask

from portal.public_api.listing import DEFAULT_LIMIT, MAX_LIMIT
from portal.public_api.reference import ERROR_ANSWER, ERRORS, EVENTS, FIELDS, METHODS, Method
from portal.public_api.samples import Sample, call_answer, samples
from portal.webhooks import wire
from tests.browser import Browser
from tests.public_api import crm
from tests.public_api.crm import Crm, refusal


def words(browser: Browser, language: str) -> str:
    """What the page says in this language."""
    response = browser.get("/description", headers={"Accept-Language": language})
    assert response.status_code == 200
    return unescape(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


@pytest.mark.parametrize(("language", "heading"), [("en", "Place an outgoing call"), ("ru", "Позвонить самим")])
def test_both_languages_tell_all_names_of_the_wire(boris: Browser, language: str, heading: str) -> None:
    page = words(boris, language)

    assert heading in page
    names = [method.name for method in METHODS] + [event.parameters for event in EVENTS]
    names += [each.name for each in FIELDS] + [each.name for method in METHODS for each in method.parameters]
    assert not [name for name in names if name not in page]
    assert f"{DEFAULT_LIMIT}" in page
    assert f"{MAX_LIMIT}" in page


def test_the_lines_to_copy_have_this_installations_address_and_no_key(app: Flask, north: Crm, anna: Browser) -> None:
    page = words(anna, "en")

    assert f"https://localhost{crm.ROOT}/outcome?num_a=SIP/00000000672" in page
    assert north.key not in page


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_each_parameter_that_is_described_is_read(north: Crm, method: Method) -> None:
    """One that is read is refused when it is given twice."""
    for parameter in method.parameters:
        others = [(name, value) for name, value in method.example if name != parameter.name]
        response = north.ask(method.name, urlencode([*others, (parameter.name, "1"), (parameter.name, "1")]))
        assert refusal(response, 400).startswith(parameter.name)


def test_the_fields_are_the_contracts() -> None:
    assert [field.name for field in FIELDS] == crm.FIELDS
    assert [list(call) for call in json.loads(call_answer())] == [crm.FIELDS]


def test_every_example_is_understood(north: Crm) -> None:
    for method in METHODS:
        message = json.loads(north.ask(method.name, dict(method.example)).get_data())
        assert message == [] or message["error"]["code"] == "not_found"


def test_the_example_of_an_error_is_a_real_one(north: Crm) -> None:
    answer = north.ask("outcome", {"num_a": "SIP/00000000672"})

    assert refusal(answer, 400)
    assert json.loads(answer.get_data()) == json.loads(ERROR_ANSWER)
    assert (400, "bad_request") in [(status, code) for status, code, _meaning in ERRORS]


def test_the_events_are_those_that_are_sent() -> None:
    order = [
        re.findall(r'\("(\w+)",', inspect.getsource(each)) for each in (wire.start_parameters, wire.end_parameters)
    ]

    assert [event.parameters.split() for event in EVENTS] == order


def all_samples() -> Iterator[Sample]:
    for method in METHODS:
        yield from samples(f"https://portal.example/{method.name}", method.example, saves_as=method.saves_as)


@pytest.mark.parametrize(
    "sample", [each for each in all_samples() if each.id == "python"], ids=lambda each: each.code[:0]
)
def test_the_python_lines_are_python(sample: Sample) -> None:
    compile(sample.code, "sample", "exec")
