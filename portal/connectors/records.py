"""The record's link that stands in the CRM's card: whoever has it hears this one record, as long as both are there."""

from __future__ import annotations

import re

from flask import current_app
from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.connectors.models import CrmCall
from portal.kernel.db import db, transaction
from portal.kernel.errors import NotFound
from portal.kernel.secrets import Vault, random_token

PREFIX = "/crm-records"
_TOKEN = re.compile(r"[\w-]{20,100}")


def record_url(vault: Vault, row: CrmCall) -> str:
    """The link of this call's record, the same each time; "" where the installation does not know its own address."""
    root: str = current_app.extensions["portal.settings"].public_url
    if not root:
        return ""
    if row.sealed_link is None:
        token = random_token()
        row.link_hash, row.sealed_link = vault.lookup_hash(token), vault.seal(token)
    return f"{root.rstrip('/')}{PREFIX}/{vault.open(row.sealed_link)}"


def account_of_link(vault: Vault, token: str) -> int:
    """Whose record it is. Raises `NotFound`."""
    if not _TOKEN.fullmatch(token):
        raise NotFound
    with transaction(everything="call attribution", writes=False) as session:
        found = session.scalar(select(CrmCall.account_id).where(CrmCall.link_hash.in_(vault.lookup_hashes(token))))
    if found is None:
        raise NotFound
    return found


def call_of_link(vault: Vault, token: str) -> CallRecord:
    """The call in the entered account. Raises `NotFound`."""
    query = select(CallRecord).join(CrmCall, CrmCall.call_id == CallRecord.id)
    call = db.session.scalar(query.where(CrmCall.link_hash.in_(vault.lookup_hashes(token))))
    if call is None:
        raise NotFound
    return call
