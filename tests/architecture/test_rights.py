"""Each address lets in exactly those whose role has what it needs: tried with everybody at every door."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.accounts.roles import OPERATOR_RIGHTS, RIGHTS, Role
from portal.web.access import Permission
from tests.architecture.routes import Route, routes
from tests.browser import Browser
from tests.people import ANNA, BORIS, OLGA, Person

# What no object of anybody has: a door refuses before it looks.
NOBODYS = {"int": 999_999_999, "string": "0" * 32, "uuid": "00000000-0000-4000-8000-000000000000", "path": "nothing"}
PEOPLE = {
    "Anna, an admin": (ANNA, RIGHTS[Role.ADMIN]),
    "Boris, a viewer": (BORIS, RIGHTS[Role.VIEWER]),
    "Olga, the operator": (OLGA, OPERATOR_RIGHTS),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_a_role_opens_what_it_has_and_nothing_else(app: Flask, browse: Callable[[Person], Browser], who: str) -> None:
    person, rights = PEOPLE[who]
    wrong = []

    for route in _guarded(app):
        status = _try(browse(person), app, route).status_code
        is_refused = status in {401, 403}
        if is_refused == (route.needs in rights):
            wrong.append(f"{route.method} {route.rule} needs {route.needs} and answered {status}")

    assert not wrong


def test_a_visitor_is_sent_to_sign_in(app: Flask, nobody: Browser) -> None:
    wrong = []

    for route in _guarded(app):
        if route.needs == Permission.PUBLIC:
            continue
        response = _try(nobody, app, route)
        is_sent_away = response.status_code == 401 or "/login" in response.headers.get("Location", "")
        if not is_sent_away:
            wrong.append(f"{route.method} {route.rule} answered {response.status_code}")

    assert not wrong


def _guarded(app: Flask) -> list[Route]:
    return [route for route in routes(app) if route.needs != "none"]


def _try(browser: Browser, app: Flask, route: Route) -> TestResponse:
    url = _address(app, route)
    response = browser.get(url) if route.method == "GET" else browser.submit(url)
    response.close()
    return response


def _address(app: Flask, route: Route) -> str:
    rule: Rule = next(rule for rule in app.url_map.iter_rules(route.endpoint) if rule.rule == route.rule)
    values = {name: NOBODYS[_kind(rule, name)] for name in rule.arguments}
    _domain, path = rule.build(values) or ("", "")
    return path


def _kind(rule: Rule, name: str) -> str:
    converter = type(rule._converters[name]).__name__.removesuffix("Converter").lower()
    return {"integer": "int", "unicode": "string"}.get(converter, converter)
