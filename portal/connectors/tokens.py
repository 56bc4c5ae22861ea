"""An application's token, renewed by one process of all: a refresh token works once, a second use locks us out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from portal.connectors.links import crm_link
from portal.connectors.models import CrmLink
from portal.connectors.secrets import Secrets, Tokens
from portal.kernel.clock import monotonic, now
from portal.kernel.db import transaction
from portal.kernel.http import ServiceTrouble, Trouble
from portal.kernel.secrets import Vault, random_word

EARLY = timedelta(minutes=1)
"""So long before its end a token is not used any more."""
_LEASE = timedelta(seconds=40)
_GLANCE_SECONDS = 0.1

Renew = Callable[[Secrets, float], Tokens]


@dataclass(frozen=True, slots=True)
class _Claim:
    """The word by which the caller alone may renew, and what it renews with."""

    word: str
    secrets: Secrets


class KeptAccess:
    """See `secrets.Access`. To be used in an app context with no transaction of the account's link open."""

    def __init__(self, vault: Vault, account_id: int, renew: Renew) -> None:
        self._vault = vault
        self._account_id = account_id
        self._renew = renew

    def token(self, *, stale: str = "", seconds: float = 20.0) -> str:
        """The kept one while it is good, else a new one, which another process may be fetching at this moment."""
        ends = monotonic() + seconds
        while True:
            found = self._look(stale)
            if isinstance(found, str):
                return found
            if found is not None:
                return self._fetch(found, max(1.0, ends - monotonic()))
            if monotonic() + _GLANCE_SECONDS > ends:
                raise ServiceTrouble(Trouble.SILENT, "the token is being renewed")
            threading.Event().wait(_GLANCE_SECONDS)

    def _look(self, stale: str) -> str | _Claim | None:
        """A good token; or the claim to renew it; or None while somebody else does."""
        with transaction(self._account_id, writes=False):
            link = _link()
            secrets = _opened(self._vault, link)
        moment = now()
        if secrets.token and secrets.token != stale and link.token_until and link.token_until - EARLY > moment:
            return secrets.token
        if not secrets.refresh:
            raise ServiceTrouble(Trouble.NOT_AUTHORISED)
        with transaction(self._account_id):
            link = _link(locks=True)
            if link.renewing_until is not None and link.renewing_until > moment:
                return None
            current = _opened(self._vault, link)
            if current != secrets:
                # Renewed between the two looks.
                return None
            link.renewing, link.renewing_until = random_word(32), moment + _LEASE
            return _Claim(link.renewing, current)

    def _fetch(self, claim: _Claim, seconds: float) -> str:
        try:
            tokens = self._renew(claim.secrets, min(seconds, _LEASE.total_seconds() / 2))
        except ServiceTrouble:
            with transaction(self._account_id):
                link = crm_link(locks=True)
                if link is not None and link.renewing == claim.word:
                    link.renewing = link.renewing_until = None
            raise
        with transaction(self._account_id):
            link = _link(locks=True)
            if link.renewing == claim.word:
                keep_tokens(self._vault, link, claim.secrets, tokens)
        return tokens.access


def keep_tokens(vault: Vault, link: CrmLink, secrets: Secrets, tokens: Tokens) -> None:
    """From now on these are the tokens."""
    link.sealed = replace(secrets, token=tokens.access, refresh=tokens.refresh).sealed(vault)
    link.token_until, link.renewing, link.renewing_until = tokens.until, None, None


def _link(*, locks: bool = False) -> CrmLink:
    link = crm_link(locks=locks)
    if link is None:
        raise ServiceTrouble(Trouble.NOT_AUTHORISED, "disconnected")
    return link


def _opened(vault: Vault, link: CrmLink) -> Secrets:
    try:
        return Secrets.opened(vault, link.sealed)
    except ValueError:
        raise ServiceTrouble(Trouble.KEY_REFUSED, "sealed by another PORTAL_SECRET_KEY") from None
