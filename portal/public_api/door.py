"""The API's door: an account's key, in the query (the provider's way) or as a Bearer token; cookies are ignored."""

from __future__ import annotations

from flask import g, request

from portal.accounts.api_keys import find_key_holder
from portal.accounts.door import vault
from portal.kernel import tenancy
from portal.kernel.actor import Actor, set_actor
from portal.kernel.db import db
from portal.kernel.errors import Forbidden, NotSignedIn
from portal.kernel.tenancy import Scope
from portal.web.access import Permission

_WRONG_KEY = "The key is missing, unknown or no longer valid."
"""The same words for each: an answer must not tell a guesser how near he came."""


class ApiKeyDoor:
    """Lets programs in by their account's key."""

    def enter(self, needs: Permission) -> None:
        """See `portal.web.access.Door`."""
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            # A page elsewhere must not place calls through a visitor's browser that knows such an address.
            raise Forbidden("Requests from pages of other sites are refused.")
        holder = find_key_holder(vault(), _given_key(), request.remote_addr)
        if holder is None:
            raise NotSignedIn(_WRONG_KEY)
        tenancy.enter(db.session(), Scope(account_id=holder.account_id))
        set_actor(Actor("API key", address=request.remote_addr))
        g.account_id = holder.account_id


def _given_key() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and token:
        return token.strip()
    return request.args.get("abonent_api_key", "")
