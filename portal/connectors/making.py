"""From an account's link to a connector that can be asked."""

from __future__ import annotations

from flask import Flask, current_app

from portal.connectors import amocrm, bitrix24
from portal.connectors.amocrm.client import Client as AmoClient
from portal.connectors.amocrm.client import tokens_for as amocrm_tokens
from portal.connectors.bitrix24.client import Client as BitrixClient
from portal.connectors.bitrix24.client import tokens_for as bitrix24_tokens
from portal.connectors.links import Reached, crm_link, title_of
from portal.connectors.models import CrmKind, CrmLink, Way
from portal.connectors.protocol import Connector
from portal.connectors.secrets import Access, FixedAccess, Secrets, Tokens
from portal.connectors.talking import Spacing
from portal.connectors.tokens import KeptAccess
from portal.kernel.http import Door, ServiceTrouble, Trouble
from portal.kernel.secrets import Vault
from portal.routing.lookup import CallerLookup, LookupFailed, Named


def connector_of(app: Flask, link: CrmLink, spacing: Spacing | None = None) -> Connector:
    """The account's CRM; `spacing` is for what can wait. Raises `ServiceTrouble` where our key cannot be opened."""
    vault: Vault = app.extensions["portal.vault"]
    try:
        secrets = Secrets.opened(vault, link.sealed)
    except ValueError:
        raise ServiceTrouble(Trouble.KEY_REFUSED, "sealed by another PORTAL_SECRET_KEY") from None
    kind, way, url = CrmKind(link.kind), Way(link.way), link.url
    access: Access = FixedAccess(secrets.token)
    if way is Way.APPLICATION:
        access = KeptAccess(vault, link.account_id, lambda held, seconds: tokens(app, kind, url, held, seconds=seconds))
    return _connector(app, Reached(kind, way, url, secrets), access, spacing)


def trial(app: Flask, reached: Reached) -> Connector:
    """A CRM whose link is not kept yet, by the token at hand."""
    return _connector(app, reached, FixedAccess(reached.secrets.token))


def tokens(app: Flask, kind: CrmKind, url: str, secrets: Secrets, *, code: str = "", seconds: float = 20.0) -> Tokens:
    """New tokens, for a code or for the refresh token. Raises `ServiceTrouble`."""
    door: Door = app.extensions["portal.http"]
    if kind is CrmKind.AMOCRM:
        return amocrm_tokens(door, url, secrets, code=code, seconds=seconds)
    oauth: str = app.extensions["portal.settings"].bitrix24_oauth_url
    return bitrix24_tokens(door, oauth.rstrip("/"), secrets, authorisation=code, seconds=seconds)


def _connector(app: Flask, reached: Reached, access: Access, spacing: Spacing | None = None) -> Connector:
    door: Door = app.extensions["portal.http"]
    if reached.kind is CrmKind.AMOCRM:
        return amocrm.AmoCrm(AmoClient(door, reached.url, access, spacing))
    is_application = reached.way is Way.APPLICATION
    # A webhook's address is its secret, and is kept as one.
    rest = f"{reached.url}/rest" if is_application else reached.secrets.token
    return bitrix24.Bitrix24(BitrixClient(door, rest, access, is_application=is_application, spacing=spacing))


class _CannotBeAsked:
    """A CRM whose secrets cannot be opened: an answer like another, for the desk to note."""

    def __init__(self, why: str) -> None:
        self._why = why

    def ask(self, number: str, did: str, *, seconds: float) -> Named | None:  # noqa: ARG002 (see `CallerLookup`)
        raise LookupFailed(self._why)


class CrmOfAccount:
    """See `routing.lookup.CrmAtHand`."""

    def lookup(self) -> CallerLookup | None:
        """The connected CRM."""
        link = crm_link()
        if link is None:
            return None
        try:
            return connector_of(current_app._get_current_object(), link)  # type: ignore[attr-defined]  # noqa: SLF001
        except ServiceTrouble as failure:
            return _CannotBeAsked(failure.detail)

    def title(self) -> str:
        """`amoCRM` or `Bitrix24`."""
        link = crm_link()
        return title_of(link) if link is not None else ""
