"""A company with a CRM: connected past the page, its people brought in."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import update

from portal.connectors.links import Reached, connect, crm_link
from portal.connectors.models import CrmKind, CrmLink, Way
from portal.connectors.secrets import Secrets
from portal.contacts.models import CrmUser
from portal.kernel.clock import now
from portal.kernel.db import db
from tests.connectors.amocrm import TOKEN, AmoCrmServer
from tests.connectors.bitrix24 import CLIENT, SECRET, WEBHOOK, Bitrix24Server
from tests.contacts.desk import inside


def connect_amo(app: Flask, account_id: int, crm: AmoCrmServer) -> None:
    """By the long-lived token."""
    _connect(app, account_id, Reached(CrmKind.AMOCRM, Way.TOKEN, crm.url, Secrets(token=TOKEN), known_as="North LLC"))


def connect_webhook(app: Flask, account_id: int, crm: Bitrix24Server) -> None:
    """By an inbound webhook."""
    secrets = Secrets(token=f"{crm.url}{WEBHOOK}")
    _connect(app, account_id, Reached(CrmKind.BITRIX24, Way.WEBHOOK, crm.url, secrets, known_as="Ivan North"))


def connect_application(app: Flask, account_id: int, crm: Bitrix24Server) -> None:
    """As an application that has been let in."""
    crm.access_token, crm.refresh_token = "access-0", "refresh-0"
    secrets = Secrets(token="access-0", client_id=CLIENT, client_secret=SECRET, refresh="refresh-0")
    until = now().replace(year=now().year + 1)
    reached = Reached(CrmKind.BITRIX24, Way.APPLICATION, crm.url, secrets, token_until=until, known_as="Ivan North")
    _connect(app, account_id, reached)


def _connect(app: Flask, account_id: int, reached: Reached) -> None:
    with inside(app, account_id):
        connect(app.extensions["portal.vault"], reached)


def join(app: Flask, account_id: int, **crm_ids: str) -> None:
    """The CRM's ids of users by the first word of their names."""
    with inside(app, account_id):
        for name, crm_id in crm_ids.items():
            db.session.execute(update(CrmUser).where(CrmUser.name.startswith(name)).values(crm_id=crm_id))


def link_of(app: Flask, account_id: int) -> CrmLink | None:
    """As it is now."""
    with inside(app, account_id):
        return crm_link()
