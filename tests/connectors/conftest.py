"""Both CRMs, each on a port of its own, and North's desk beside them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.connectors.amocrm import TOKEN, AmoCrmServer
from tests.connectors.bitrix24 import WEBHOOK, Bitrix24Server
from tests.connectors.office import connect_amo, connect_application, join
from tests.integration.desk import Desk, desk
from tests.people import Cast

__all__ = ["desk"]


@pytest.fixture
def amo() -> Iterator[AmoCrmServer]:
    with AmoCrmServer() as crm:
        yield crm


@pytest.fixture
def bitrix(app: Flask) -> Iterator[Bitrix24Server]:
    """Its tokens come from the same server."""
    settings = app.extensions["portal.settings"]
    with Bitrix24Server() as crm:
        app.extensions["portal.settings"] = replace(settings, bitrix24_oauth_url=crm.url)
        yield crm
    app.extensions["portal.settings"] = settings


@pytest.fixture
def forms(cast: Cast) -> Callable[[AmoCrmServer | Bitrix24Server], tuple[str, dict[str, str]]]:
    """Where and with what a CRM is connected the simplest way."""

    def form(crm: AmoCrmServer | Bitrix24Server) -> tuple[str, dict[str, str]]:
        if isinstance(crm, AmoCrmServer):
            return "/connectors/amocrm", {"amo-address": crm.url, "amo-token": TOKEN}
        return "/connectors/bitrix24", {"b24-webhook": f"{crm.url}{WEBHOOK}/"}

    return form


@pytest.fixture
def amo_office(app: Flask, cast: Cast, desk: Desk, amo: AmoCrmServer) -> AmoCrmServer:
    connect_amo(app, cast.north, amo)
    join(app, cast.north, Olga="12")
    return amo


@pytest.fixture
def bitrix_office(app: Flask, cast: Cast, desk: Desk, bitrix: Bitrix24Server) -> Bitrix24Server:
    connect_application(app, cast.north, bitrix)
    join(app, cast.north, Olga="5")
    return bitrix
