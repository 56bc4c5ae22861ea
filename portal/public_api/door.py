"""The API's door: a key of an account, in the query (the provider's way) or as a Bearer token; cookies are ignored.

A browser sends nothing here by itself that opens the door, so requests from pages of other sites are as good as any:
a CRM's page may play a record by its address.
"""

from __future__ import annotations

import structlog
from flask import g, request

from portal.accounts.api_keys import find_key_holder
from portal.accounts.door import vault
from portal.kernel import tenancy
from portal.kernel.actor import Actor, set_actor
from portal.kernel.db import db
from portal.kernel.errors import Forbidden, NotSignedIn
from portal.kernel.tenancy import Scope
from portal.public_api.limits import Limits
from portal.web.access import Permission

log = structlog.get_logger(__name__)

_ACTS = {
    Permission.API_CALLS: "read the list of calls",
    Permission.API_RECORDS: "hear records",
    Permission.API_OUTCOME: "place calls",
}
KEY_PARAMETER = "abonent_api_key"
_WRONG_KEY = "The key is missing, unknown or no longer valid."
"""The same words for each: an answer must not tell a guesser how near he came."""


class ApiKeyDoor:
    """Lets programs in by a key: from where, to what and as often as that key may."""

    def __init__(self) -> None:
        self.limits = Limits()

    def enter(self, needs: Permission) -> None:
        """See `portal.web.access.Door`."""
        holder = find_key_holder(vault(), _given_key(), request.remote_addr)
        if holder is None:
            raise NotSignedIn(_WRONG_KEY)
        self.limits.count(holder)
        set_actor(Actor(f"API key {holder.name}" if holder.name else "API key", address=request.remote_addr))
        if not holder.is_in_its_network:
            log.warning("key_outside_its_network", account=holder.account_id, key=holder.key_id)
            raise Forbidden(f"This key is not accepted from {request.remote_addr}.")
        if needs not in holder.permissions:
            raise Forbidden(f"This key may not {_ACTS[needs]}.")
        tenancy.enter(db.session(), Scope(account_id=holder.account_id))
        g.account_id = holder.account_id


def _given_key() -> str:
    """The key of the header, else the one of the query; "" where there is none or more than one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and token.strip():
        return token.strip()
    keys = request.args.getlist(KEY_PARAMETER)
    return keys[0] if len(keys) == 1 else ""
