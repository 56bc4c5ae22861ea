"""Further keys: each opens what it may, from where it may, until it ends; no key is a session and no session a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.accounts.api_keys import end_api_key
from portal.accounts.api_keys.named import SCOPES, KeyTerms, add_api_key, named_keys, replace_api_key, revoke_api_key
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.web.access import Permission
from tests.browser import Browser
from tests.public_api.crm import ROOT, Crm, refusal

Make = Callable[..., Crm]
METHODS = dict(zip(SCOPES, ("get_calls", "get_record", "outcome"), strict=True))
IN_FORCE = {"get_calls": 200, "get_record": 400, "outcome": 400}
"""What each answers, without parameters, to a key that may."""


@pytest.fixture
def make(app: Flask, north: Crm) -> Make:
    """Makes a further key of North's and the program that uses it."""

    def make_key(
        *scopes: Permission, networks: Sequence[str] = (), until: datetime | None = None, name: str = "Reports"
    ) -> Crm:
        terms = KeyTerms(name, scopes or SCOPES, networks, until)
        with app.app_context(), transaction(north.account_id):
            plain = add_api_key(app.extensions["portal.vault"], terms)
        return Crm(app, north.account_id, plain)

    return make_key


def from_address(crm: Crm, address: str) -> TestResponse:
    return crm.app.test_client().get(
        f"{ROOT}/get_calls", headers={"Authorization": f"Bearer {crm.key}"}, environ_overrides={"REMOTE_ADDR": address}
    )


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_only_what_it_may(make: Make, scope: Permission) -> None:
    program = make(scope)

    for each, method in METHODS.items():
        if each is scope:
            assert program.ask(method).status_code == IN_FORCE[method]
        else:
            assert "This key may not" in refusal(program.ask(method), 403)


def test_the_main_key_opens_everything(north: Crm) -> None:
    assert {method: north.ask(method).status_code for method in METHODS.values()} == IN_FORCE


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.7", 200), ("::ffff:203.0.113.7", 200), ("2001:db8::5", 200), ("203.0.114.7", 403), ("127.0.0.1", 403)],
)
def test_a_key_is_taken_from_its_networks_only(make: Make, address: str, status: int) -> None:
    program = make(networks=["203.0.113.0/24", "2001:db8::/32"])

    response = from_address(program, address)

    assert response.status_code == status
    assert status == 200 or address in refusal(response, 403)


def test_an_ended_key_looks_like_none(app: Flask, north: Crm, make: Make) -> None:
    revoked, expired = make(name="a"), make(name="b", until=now() + timedelta(days=1))
    assert {each.ask("get_calls").status_code for each in (revoked, expired)} == {200}
    with app.app_context(), transaction(north.account_id):
        first, second = named_keys()
        revoke_api_key(first.id)
        second.expires_at = now()

    unknown = Crm(app, north.account_id, "x" * 40)
    assert len({refusal(each.ask("get_calls"), 401) for each in (revoked, expired, unknown)}) == 1


def test_a_key_is_replaced_with_an_overlap(app: Flask, north: Crm, make: Make) -> None:
    old = make(Permission.API_CALLS, networks=["127.0.0.0/8"])
    with app.app_context(), transaction(north.account_id):
        [key] = named_keys()
        plain = replace_api_key(app.extensions["portal.vault"], key.id, timedelta(hours=1))
    new = Crm(app, north.account_id, plain)

    assert {each.ask("get_calls").status_code for each in (old, new)} == {200}
    assert "may not" in refusal(new.ask("outcome"), 403)
    assert from_address(new, "203.0.113.7").status_code == 403
    with app.app_context(), transaction(north.account_id):
        end_api_key(key.id)
    assert refusal(old.ask("get_calls"), 401)
    assert new.ask("get_calls").status_code == 200


def test_when_and_from_where_it_was_used_last_is_noted(app: Flask, north: Crm, make: Make) -> None:
    program = make()
    from_address(program, "203.0.113.7")

    with app.app_context(), transaction(north.account_id, writes=False):
        [key] = named_keys()
        assert key.last_used_from == "203.0.113.7"
        assert key.last_used_at is not None


def test_a_further_key_is_kept_nowhere_in_a_form_that_opens(app: Flask, north: Crm, make: Make) -> None:
    program = make()

    with app.app_context(), transaction(north.account_id, writes=False):
        [key] = named_keys()
        kept = {column.name: getattr(key, column.name) for column in key.__table__.columns}
    assert key.sealed is None
    assert program.key not in str(kept)


def test_a_session_is_no_key(anna: Browser, north: Crm) -> None:
    for method in METHODS.values():
        assert refusal(anna.get(f"{ROOT}/{method}"), 401)


@pytest.mark.parametrize("path", ["/", "/calls", "/integration", "/integration/keys/new", "/description"])
def test_a_key_is_no_session(north: Crm, path: str) -> None:
    client = north.app.test_client()
    headers = {"Authorization": f"Bearer {north.key}"}

    response = client.get(path, headers=headers, query_string={"abonent_api_key": north.key})

    assert response.status_code == 303
    assert response.location.startswith("/login")
