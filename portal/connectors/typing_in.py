"""From what a person types to a CRM that lets us in: tried at the door and at the CRM before anything is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask

from portal.connectors.links import Reached, crm_link
from portal.connectors.making import tokens, trial
from portal.connectors.models import CrmKind, Way
from portal.connectors.secrets import Secrets
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault
from portal.webhooks.urls import check_url

_LONGEST_TOKEN, _LONGEST_WORD, _LONGEST_URL = 4000, 500, 300
_WEBHOOK = re.compile(r"(https?://[^/\s?#]+)/rest/(\d+)/([A-Za-z0-9_-]{8,100})(?:/\S*)?")


@dataclass(frozen=True, slots=True)
class AmoTyped:
    """What a person types of amoCRM: a long-lived token, or an integration of one's own with its code."""

    address: str
    token: str = ""
    client_id: str = ""
    client_secret: str = ""
    redirect: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class BitrixTyped:
    """What a person types of Bitrix24: an inbound webhook, or an application of one's own."""

    webhook: str = ""
    address: str = ""
    client_id: str = ""
    client_secret: str = ""


def amocrm_typed(typed: AmoTyped) -> Reached:
    """Raises `Refused` with the field that is wrong."""
    url = _address(typed.address, "amocrm.ru")
    if typed.token.strip():
        token = _word(typed.token, "token", _LONGEST_TOKEN)
        return Reached(CrmKind.AMOCRM, Way.TOKEN, url, Secrets(token=token))
    if typed.client_id.strip() and not typed.code.strip():
        raise Refused(_("Enter the code that stands beside the keys: it is good for 20 minutes."), "code")
    if not (typed.client_id.strip() or typed.code.strip()):
        raise Refused(_("Enter the long-lived token."), "token")
    secrets = Secrets(
        client_id=_word(typed.client_id, "client_id"),
        client_secret=_word(typed.client_secret, "client_secret"),
        redirect=_word(typed.redirect, "redirect"),
    )
    return Reached(CrmKind.AMOCRM, Way.APPLICATION, url, secrets)


def bitrix24_typed(typed: BitrixTyped) -> Reached:
    """Raises `Refused` with the field that is wrong."""
    if typed.webhook.strip():
        match = _WEBHOOK.fullmatch(typed.webhook.strip())
        if match is None:
            why = _(
                "This is no inbound webhook: its URL looks like https://company.bitrix24.ru/rest/1/abcdefgh12345678/."
            )
            raise Refused(why, "webhook")
        url = _address(match[1], "bitrix24.ru", "webhook")
        return Reached(CrmKind.BITRIX24, Way.WEBHOOK, url, Secrets(token=f"{url}/rest/{match[2]}/{match[3]}"))
    if not typed.client_id.strip():
        raise Refused(_("Enter the URL of the inbound webhook, or the details of an application."), "webhook")
    url = _address(typed.address, "bitrix24.ru")
    secrets = Secrets(
        client_id=_word(typed.client_id, "client_id"), client_secret=_word(typed.client_secret, "client_secret")
    )
    return Reached(CrmKind.BITRIX24, Way.APPLICATION, url, secrets)


def let_in(app: Flask, reached: Reached, *, code: str = "") -> Reached:
    """The same with its tokens and the name by which the CRM knows us; an application of Bitrix24 without a code waits
    for one. May take seconds: no transaction should be open. Raises `Refused`, `ServiceTrouble`.
    """
    check_url(app.extensions["portal.http"], reached.url)
    if reached.way is Way.APPLICATION:
        if not code:
            return reached
        given = tokens(app, reached.kind, reached.url, reached.secrets, code=code)
        secrets = replace(reached.secrets, token=given.access, refresh=given.refresh)
        reached = replace(reached, secrets=secrets, token_until=given.until)
    return replace(reached, known_as=trial(app, reached).check() or reached.url)


def kept_application(vault: Vault) -> Reached | None:
    """The application that waits for its code, as it was typed."""
    link = crm_link()
    if link is None or link.way != Way.APPLICATION:
        return None
    try:
        secrets = Secrets.opened(vault, link.sealed)
    except ValueError:
        return None
    return Reached(CrmKind(link.kind), Way.APPLICATION, link.url, secrets)


def _address(typed: str, home: str, field: str = "address") -> str:
    """`north`, `north.amocrm.ru` or the address of any page there: the site's own address."""
    text = typed.strip().rstrip("/").lower()
    if not text:
        raise Refused(_("Enter the address of your CRM."), field)
    if "://" not in text:
        text = f"https://{text}" if "." in text.split("/")[0] else f"https://{text}.{home}"
    parts = urlsplit(text)
    if not parts.hostname or len(text) > _LONGEST_URL:
        raise Refused(_("This is no address of a CRM: write it as company.%(home)s.", home=home), field)
    if parts.scheme != "https" and not _is_number(parts.hostname):
        raise Refused(_("The address must begin with https://, so that nobody reads the key on its way."), field)
    return f"{parts.scheme}://{parts.netloc}"


def _is_number(host: str) -> bool:
    """An address in figures: a CRM of the own network, which the operator has allowed."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _word(typed: str, field: str, longest: int = _LONGEST_WORD) -> str:
    word = typed.strip()
    if not word:
        raise Refused(_("Fill this in as well."), field)
    if len(word) > longest or not word.isascii() or not word.isprintable() or " " in word:
        raise Refused(_("This cannot be right: it has only Latin letters, digits and signs."), field)
    return word
