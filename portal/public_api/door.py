"""The API's door: an account's key, in the query (the provider's way) or as a Bearer token; cookies are ignored.

A browser sends nothing here by itself that opens the door, so requests from pages of other sites are as good as any:
a CRM's page may play a record by its address.
"""

from __future__ import annotations

from flask import g, request

from portal.accounts.api_keys import find_key_holder
from portal.accounts.door import vault
from portal.kernel import tenancy
from portal.kernel.actor import Actor, set_actor
from portal.kernel.db import db
from portal.kernel.errors import NotSignedIn
from portal.kernel.tenancy import Scope
from portal.public_api.limits import Limits
from portal.web.access import Permission

KEY_PARAMETER = "abonent_api_key"
_WRONG_KEY = "The key is missing, unknown or no longer valid."
"""The same words for each: an answer must not tell a guesser how near he came."""


class ApiKeyDoor:
    """Lets programs in by their account's key, each as often as it may ask."""

    def __init__(self) -> None:
        self.limits = Limits()

    def enter(self, needs: Permission) -> None:  # noqa: ARG002 - a key opens all of the API
        """See `portal.web.access.Door`."""
        holder = find_key_holder(vault(), _given_key(), request.remote_addr)
        if holder is None:
            raise NotSignedIn(_WRONG_KEY)
        self.limits.count(holder)
        tenancy.enter(db.session(), Scope(account_id=holder.account_id))
        set_actor(Actor("API key", address=request.remote_addr))
        g.account_id = holder.account_id


def _given_key() -> str:
    """The key of the header, else the one of the query; "" where there is none or more than one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and token.strip():
        return token.strip()
    keys = request.args.getlist(KEY_PARAMETER)
    return keys[0] if len(keys) == 1 else ""
