"""Notices: kept before they are answered, handed on in their order, forgotten after a week."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from portal.kernel.clock import now
from portal.kernel.db import db, ring, transaction
from portal.kernel.errors import NotFound, TooMany
from portal.kernel.secrets import Vault
from portal.telephony.engines.provider.wire import NOTICE_FIELDS, read_notice
from portal.telephony.provider.models import ProviderLink, ProviderNotice
from portal.telephony.provider.services import PROVIDER_TOPIC, provider_link

KEPT_FOR = timedelta(days=7)
MOST_WAITING = 20_000
_TOKEN = re.compile(r"[\w-]{20,100}")


def receive(vault: Vault, token: str, parameters: Mapping[str, str]) -> None:
    """Keeps a notice, by transactions of its own. Raises `NotFound` for a token that no link has, `TooMany` while very
    many wait, and `wire.BadTelling` for what is no notice.
    """
    account_id = _account_of(vault, token)
    said = {name: parameters[name] for name in NOTICE_FIELDS if parameters.get(name)}
    read_notice(said)
    with transaction(account_id) as session:
        waiting = session.scalar(select(func.count(ProviderNotice.id)).where(ProviderNotice.handed_on_at.is_(None)))
        if (waiting or 0) >= MOST_WAITING:
            raise TooMany("Too many notices are waiting.", 30)
        session.add(ProviderNotice(parameters=said))
        link = provider_link()
        if link is not None:
            link.noticed_at = now()
        ring(PROVIDER_TOPIC)


def waiting_notices(most: int = 200) -> Sequence[ProviderNotice]:
    """Those that have not been handed on, oldest first."""
    query = select(ProviderNotice).where(ProviderNotice.handed_on_at.is_(None)).order_by(ProviderNotice.id)
    return db.session.scalars(query.limit(most)).all()


def note_handed_on(ids: Sequence[int]) -> None:
    """They are written down as calls."""
    db.session.execute(update(ProviderNotice).where(ProviderNotice.id.in_(ids)).values(handed_on_at=now()))


def forget_old() -> None:
    """What was handed on long ago goes."""
    db.session.execute(
        delete(ProviderNotice).where(
            ProviderNotice.received_at < now() - KEPT_FOR, ProviderNotice.handed_on_at.is_not(None)
        )
    )


def _account_of(vault: Vault, token: str) -> int:
    if not _TOKEN.fullmatch(token):
        raise NotFound
    with transaction(everything="call attribution", writes=False) as session:
        hashes = vault.lookup_hashes(token)
        account_id = session.scalar(select(ProviderLink.account_id).where(ProviderLink.inlet_hash.in_(hashes)))
    if account_id is None:
        raise NotFound
    return account_id
