"""No address shows or changes another account's object: each is tried with one, and answers as if there were none."""

from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.accounts.services import find_user
from portal.web.access import Permission
from tests.architecture import specimens
from tests.architecture.routes import Route, routes
from tests.browser import Browser
from tests.people import ANNA, CLARA, Cast, Person

# Of no account: the operator's, and what asks for a key instead of a person (see tests/public_api).
OTHERS = {"none", Permission.OPERATE.value, *(each.value for each in Permission if each.value.startswith("api"))}
# Open to whoever knows its token.
INLETS = {
    "crm_records.hear",
    "inlet.receive",
    "inlet.receive_post",
    "provider_inlet.receive",
    "accounts.invitation",
    "accounts.join",
    "accounts.join_as",
    "accounts.reset",
    "accounts.reset_post",
}


@pytest.fixture
def swept(app: Flask) -> list[tuple[Route, Rule]]:
    """Every address with a variable that people of an account can open."""
    return [
        (route, rule)
        for route in routes(app)
        for rule in app.url_map.iter_rules(route.endpoint)
        if rule.rule == route.rule and rule.arguments and route.needs not in OTHERS and route.endpoint not in INLETS
    ]


def test_a_strangers_object_is_not_there(
    app: Flask, cast: Cast, browse: Callable[[Person], Browser], swept: list[tuple[Route, Rule]]
) -> None:
    found = []

    for route, rule in swept:
        address = _address(rule, _souths(app, cast))
        status = _try(browse(ANNA), route, address)
        if status != 404:
            found.append(f"{route.method} {route.rule} answered {status} to Anna of North")

    assert not found


def test_an_own_object_is_there(
    app: Flask, cast: Cast, browse: Callable[[Person], Browser], swept: list[tuple[Route, Rule]]
) -> None:
    lost = []

    for route, rule in swept:
        # New ones for each address: some of them remove what they are given.
        address = _address(rule, _souths(app, cast))
        status = _try(browse(CLARA), route, address)
        if status in {404, 500}:
            lost.append(f"{route.method} {route.rule} answered {status} to Clara, whose it is")

    assert not lost, "the sweep proves nothing where the specimen is not found by its owner"


def _souths(app: Flask, cast: Cast) -> Mapping[str, object]:
    with app.app_context():
        clara = find_user(CLARA.email).id
    own = {"session_id": specimens.session_of(app, clara), "passkey_id": specimens.passkey_of(app, clara)}
    return {**specimens.settle(app, cast.south), **own, **specimens.people_of(app, cast.south)}


def _address(rule: Rule, known: Mapping[str, object]) -> str:
    missing = rule.arguments - set(known)
    assert not missing, f"{rule.rule}: add a specimen of {missing} to tests/architecture/specimens.py"
    _domain, path = rule.build({name: known[name] for name in rule.arguments}) or ("", "")
    return path


def _try(browser: Browser, route: Route, address: str) -> int:
    response = browser.get(address) if route.method == "GET" else browser.submit(address)
    response.close()
    return response.status_code
