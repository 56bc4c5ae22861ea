"""Addresses that no row can have are not found, whatever stands in them; those that pages lead to are as Flask's."""

from datetime import date
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError, Rule

from tests.browser import Browser

_VALUES: list[dict[str, Any]] = [
    {},
    {"q": "a b&c=ё", "talk_from": "1:00", "nothing": None},
    {"day": date(2026, 11, 27), "many": ["1", "2"], "number": 7},
    {"_anchor": "end", "q": "+7"},
    {"_external": True},
]


@pytest.mark.parametrize("number", ["0", "-1", str((1 << 63) - 1), str(1 << 63), "9" * 40, "1.5", "٣"])
@pytest.mark.parametrize("place", ["/contacts/", "/webhooks/"])
def test_a_number_that_is_nobodys_is_not_found(anna: Browser, place: str, number: str) -> None:
    assert anna.get(f"{place}{number}").status_code == 404


def _parts(rule: Rule) -> dict[str, Any]:
    """A value for each variable part of it."""
    kinds = {name: type(converter).__name__ for name, converter in rule._converters.items()}
    return {name: 7 if kind == "IntConverter" else "a b%ё" for name, kind in kinds.items()}


@pytest.mark.parametrize("values", _VALUES)
@pytest.mark.parametrize("place", ["/", "/cabinet"])
def test_an_address_is_built_as_flask_builds_it(app: Flask, place: str, values: dict[str, Any]) -> None:
    with app.test_request_context("/calls", base_url=f"https://localhost{place}"):
        for rule in app.url_map.iter_rules():
            given = _parts(rule) | values
            assert url_for(rule.endpoint, **given) == Flask.url_for(app, rule.endpoint, **given)


def test_an_address_without_one_of_its_parts_is_refused(app: Flask) -> None:
    with app.test_request_context("/calls"), pytest.raises(BuildError):
        url_for("calls.call", api_call_id=None)


def test_an_address_within_the_feature_is_known_by_its_own_name(app: Flask) -> None:
    with app.test_request_context("/calls/tags"):
        assert url_for(".index") == "/calls"
