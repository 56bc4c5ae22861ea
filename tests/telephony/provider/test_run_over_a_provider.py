"""The engine's process over a provider: orders, notices over HTTP, a death in between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.kernel.errors import Forbidden, NotFound, Unavailable
from portal.telephony import services
from portal.telephony.engine import CallKind
from portal.telephony.errors import PhoneOffline
from portal.telephony.provider.services import inlet_token, rotate_inlet
from tests.browser import Browser
from tests.people import Cast
from tests.telephony.exchange import OLGA, engine, find_call, finished, until, wire
from tests.telephony.provider.conftest import join, link_of
from tests.telephony.provider.server import Provider, call

ONE = "1" * 32


@pytest.fixture(scope="session")
def provider_app(
    make_app: Callable[..., Flask], migrated_app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """The same installation with calls from a provider."""
    settings = migrated_app.extensions["portal.settings"]
    return make_app(settings.database_url, data=Path(settings.data), PORTAL_ENGINE="provider")


@pytest.fixture
def app_over(provider_app: Flask, app: Flask) -> Iterator[Flask]:
    """On the emptied database; connections that were kept are closed."""
    yield provider_app
    provider_app.extensions["portal.http"].close()


@pytest.fixture
def account(app_over: Flask, cast: Cast, provider: Provider) -> int:
    wire(app_over, cast.north)
    join(app_over, cast.north, provider)
    return cast.north


def order(app: Flask, account_id: int, request_id: str | None = None) -> str:
    with app.app_context():
        return services.originate(account_id, OLGA, "79161112233", request_id=request_id)


def test_an_ordered_call_keeps_the_id_that_whoever_ordered_it_was_told(
    app_over: Flask, account: int, provider: Provider
) -> None:
    with engine(app_over):
        api_call_id = order(app_over, account)
        began = find_call(app_over, account, api_call_id)
        assert began is not None
        assert (began.kind, began.ended_at) == (CallKind.OUTGOING, None)
        (upstream_id,) = provider.ordered.values()
        moment = int(began.started_at.timestamp())
        provider.calls.append(
            call(upstream_id, setup_time=moment, service_name="sip_outcome", num_a=OLGA, num_b="79161112233")
        )
        ended = finished(app_over, account, api_call_id)

    assert ended.talk_seconds == 30
    assert find_call(app_over, account, upstream_id) is None


def test_an_order_that_is_repeated_places_one_call(app_over: Flask, account: int, provider: Provider) -> None:
    with engine(app_over):
        assert order(app_over, account, "a") == order(app_over, account, "a")

    assert provider.count("outcome") == 1


def test_a_call_that_was_told_of_before_its_order_was_answered_is_answered_with_the_id_by_which_it_is_known(
    app_over: Flask, account: int, provider: Provider
) -> None:
    upstream_id = f"{1:032x}"
    with engine(app_over):
        provider.status = {"outcome": 504}
        with pytest.raises(Unavailable):
            order(app_over, account, "a")
        token = inlet_token(app_over.extensions["portal.vault"], link_of(app_over, account))
        said = {"num_a": OLGA, "num_b": "79161112233", "setup_time": str(call(upstream_id)["setup_time"])}
        Browser(app_over).get(f"/provider-notices/{token}", query_string=said | {"api_call_id": upstream_id})
        until(lambda: find_call(app_over, account, upstream_id))

        provider.status = {}
        assert order(app_over, account, "a") == upstream_id
        assert order(app_over, account, "a") == upstream_id

    assert list(provider.ordered.values()) == [upstream_id]


def test_an_order_that_breaks_is_answered_and_may_be_given_again(
    app_over: Flask, account: int, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_arguments: object) -> str:
        raise RuntimeError("no room")

    with engine(app_over):
        with monkeypatch.context() as broken:
            broken.setattr("portal.telephony.provider.calling.note_ordered", breaks)
            with pytest.raises(Unavailable):
                order(app_over, account, "a")
        assert find_call(app_over, account, order(app_over, account, "a")) is not None


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, Unavailable), (403, Forbidden), (404, NotFound), (409, PhoneOffline), (400, NotFound), (401, Unavailable)],
)
def test_whoever_orders_hears_what_the_provider_said(
    app_over: Flask, account: int, provider: Provider, status: int, error: type[Exception]
) -> None:
    provider.status = {"outcome": status}

    with engine(app_over), pytest.raises(error):
        order(app_over, account)


def test_an_account_without_a_provider_is_told_so(app_over: Flask, account: int, cast: Cast) -> None:
    wire(app_over, cast.south, did="74950000001")
    with engine(app_over), pytest.raises(Unavailable):
        order(app_over, cast.south)


def test_notices_come_in_at_the_secret_url_and_become_calls(app_over: Flask, account: int, provider: Provider) -> None:
    token = inlet_token(app_over.extensions["portal.vault"], link_of(app_over, account))
    said = {"num_a": "79039998877", "num_m": "74951234567", "setup_time": str(call(ONE)["setup_time"])}
    visitor = Browser(app_over)

    assert visitor.get(f"/provider-notices/{token}x", query_string=said | {"api_call_id": ONE}).status_code == 404
    assert visitor.get(f"/provider-notices/{token}", query_string=said | {"api_call_id": "1"}).status_code == 400
    assert visitor.get(f"/provider-notices/{token}", query_string=said | {"api_call_id": ONE}).status_code == 200
    # Nothing runs: it waits.
    assert find_call(app_over, account, ONE) is None

    with engine(app_over):
        until(lambda: find_call(app_over, account, ONE))
        ending = {"connection_time": "12", "waiting_time": "3", "num_b": OLGA}
        visitor.get(f"/provider-notices/{token}", query_string=said | ending | {"api_call_id": ONE})
        assert finished(app_over, account, ONE).talk_seconds == 12


def test_a_new_url_ends_the_earlier_one(app_over: Flask, account: int) -> None:
    vault = app_over.extensions["portal.vault"]
    before = inlet_token(vault, link_of(app_over, account))
    with app_over.app_context(), transaction(account):
        rotate_inlet(vault)
    said = {"num_a": "79039998877", "setup_time": str(call(ONE)["setup_time"]), "api_call_id": ONE}

    assert Browser(app_over).get(f"/provider-notices/{before}", query_string=said).status_code == 404
    after = inlet_token(vault, link_of(app_over, account))
    assert Browser(app_over).get(f"/provider-notices/{after}", query_string=said).status_code == 200
