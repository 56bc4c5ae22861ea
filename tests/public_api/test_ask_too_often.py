"""A limit per key: fair between keys, shared by processes, with the time to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.api_keys import KeyHolder, find_key_holder
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import TooMany
from portal.public_api import limits
from portal.public_api.limits import CAPACITY, Limits
from portal.public_api.models import ApiAllowance
from portal.public_api.views import door
from tests.public_api.crm import Crm, refusal


def holder_of(crm: Crm) -> KeyHolder:
    with crm.app.app_context():
        holder = find_key_holder(crm.app.extensions["portal.vault"], crm.key, None)
    assert holder is not None
    return holder


def set_bucket(crm: Crm, left: int) -> None:
    """From now on the key's bucket holds this much; it was filled up just now."""
    with crm.app.app_context(), transaction(crm.account_id) as session:
        values = {"requests_left": left, "refilled_at": now() + timedelta(hours=1)}
        session.execute(update(ApiAllowance).values(values))


def left_in_bucket(crm: Crm) -> int:
    with crm.app.app_context(), transaction(crm.account_id, writes=False) as session:
        return session.scalars(select(ApiAllowance.requests_left)).one()


def test_an_empty_bucket_refuses_with_the_time_to_wait(app: Flask, north: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert north.ask("get_calls").status_code == 200
    set_bucket(north, 0)
    monkeypatch.setattr(door, "limits", Limits())

    response = north.ask("get_calls")

    assert "Too many" in refusal(response, 429)
    assert response.headers["Retry-After"] == "1"


def test_one_accounts_haste_does_not_slow_another(north: Crm, south: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    north.ask("get_calls")
    set_bucket(north, 0)
    monkeypatch.setattr(door, "limits", Limits())

    assert north.ask("get_calls").status_code == 429
    assert south.ask("get_calls").status_code == 200


def test_two_processes_take_from_the_same_bucket(app: Flask, north: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PER_SECOND", 0.001)
    holder, processes = holder_of(north), [Limits(), Limits()]
    allowed = 0
    with app.app_context(), pytest.raises(TooMany):
        while True:
            processes[allowed % 2].count(holder)
            allowed += 1

    assert CAPACITY - 100 <= allowed <= CAPACITY
    assert left_in_bucket(north) == 0


def test_one_write_stands_for_many_requests(app: Flask, north: Crm) -> None:
    holder, process = holder_of(north), Limits()
    with app.app_context():
        for _ in range(50):
            process.count(holder)

    assert left_in_bucket(north) == CAPACITY - 100


def test_the_bucket_fills_again(app: Flask, north: Crm) -> None:
    holder = holder_of(north)
    with app.app_context():
        Limits().count(holder)
    with app.app_context(), transaction(north.account_id) as session:
        session.execute(update(ApiAllowance).values(requests_left=0, refilled_at=now() - timedelta(seconds=10)))

    with app.app_context():
        Limits().count(holder)

    assert left_in_bucket(north) >= 400


def test_a_key_that_is_not_known_empties_nothing(app: Flask, north: Crm) -> None:
    app.test_client().get("/api.php/telephony/get_calls", headers={"Authorization": "Bearer wrong"})

    with app.app_context(), transaction(north.account_id, writes=False) as session:
        assert session.scalars(select(ApiAllowance)).all() == []
