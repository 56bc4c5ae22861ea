"""A refresh token works once: of many that need a new token at the same moment, one fetches it for all."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from portal.connectors.links import crm_link
from portal.connectors.making import connector_of
from portal.kernel.db import transaction
from portal.kernel.http import ServiceTrouble, Trouble
from tests.connectors.bitrix24 import Bitrix24Server
from tests.connectors.office import connect_application
from tests.people import Cast


def check(app: Flask, account_id: int) -> str:
    with app.app_context():
        with transaction(account_id, writes=False):
            link = crm_link()
            assert link is not None
        return connector_of(app, link).check()


def test_many_at_once_spend_one_refresh_token(app: Flask, cast: Cast, bitrix: Bitrix24Server) -> None:
    connect_application(app, cast.north, bitrix)
    bitrix.expire()
    together = threading.Barrier(4)

    def one(_number: int) -> str:
        together.wait()
        return check(app, cast.north)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(one, range(4)))

    assert answers == ["Ivan North"] * 4
    assert bitrix.renewals == 1


def test_a_refresh_token_that_is_refused_asks_for_a_person(app: Flask, cast: Cast, bitrix: Bitrix24Server) -> None:
    connect_application(app, cast.north, bitrix)
    bitrix.expire()
    bitrix.refresh_token = "another"

    for _time in range(2):
        with pytest.raises(ServiceTrouble) as failure:
            check(app, cast.north)
        assert failure.value.trouble is Trouble.KEY_REFUSED


def test_a_renewal_that_failed_can_be_tried_again_at_once(app: Flask, cast: Cast, bitrix: Bitrix24Server) -> None:
    connect_application(app, cast.north, bitrix)
    bitrix.expire()
    kept, bitrix.refresh_token = bitrix.refresh_token, "another"
    with pytest.raises(ServiceTrouble):
        check(app, cast.north)

    bitrix.refresh_token = kept

    assert check(app, cast.north) == "Ivan North"
