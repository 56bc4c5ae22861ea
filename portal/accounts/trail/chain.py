"""The chain: each entry's seal covers the one before it, under the installation's secret.

Entries are numbered and sealed at the last moment, when their transaction is about to be committed: the end of the
chain is then held for no longer than the commit takes, and as the last lock of all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from flask import current_app
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from portal.accounts.trail.models import AuditEntry, AuditHead, InstallationEntry
from portal.kernel.db import GuardedSession, upsert
from portal.kernel.secrets import Vault

Entry = AuditEntry | InstallationEntry
INSTALLATION = 0
"""The chain of what belongs to no account."""
_PENDING = "audit"


def append(session: Session, entry: Entry) -> None:
    """Adds to its chain with the session's commit; a rollback forgets it."""
    session.info.setdefault(_PENDING, []).append(entry)


def chain_of(entry: Entry) -> int:
    """Which chain it belongs to."""
    return entry.account_id if isinstance(entry, AuditEntry) else INSTALLATION


def text_of(entry: Entry, previous: str) -> str:
    """What an entry's seal is made of."""
    parts = [chain_of(entry), entry.number, entry.at.isoformat(), entry.actor, entry.user_id, entry.address]
    parts += [entry.action, entry.subject, entry.before, entry.after, previous]
    return "audit\0" + json.dumps(parts, sort_keys=True, ensure_ascii=False)


def text_of_end(chain: int, number: int, seal: str) -> str:
    """What the mark of a chain's end is made of."""
    return f"audit end\0{chain}\0{number}\0{seal}"


@event.listens_for(GuardedSession, "before_commit")
def _write(session: Session) -> None:
    pending: list[Entry] = session.info.pop(_PENDING, [])
    # In one order for everybody who writes to several.
    for chain, entries in groupby(sorted(pending, key=chain_of), chain_of):
        _extend(session, chain, list(entries))


@event.listens_for(GuardedSession, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_PENDING, None)


def _extend(session: Session, chain: int, entries: Sequence[Entry]) -> None:
    vault: Vault = current_app.extensions["portal.vault"]
    # Changes nothing, but whoever writes to the chain meanwhile waits for this transaction.
    fresh = {"chain": chain, "number": 0, "seal": "", "mark": ""}
    upsert(AuditHead, fresh, key=["chain"], change={"number": AuditHead.number})
    number, seal = session.execute(select(AuditHead.number, AuditHead.seal).where(AuditHead.chain == chain)).one()
    for entry in entries:
        number += 1
        entry.number = number
        entry.seal = seal = vault.lookup_hash(text_of(entry, seal))
        session.add(entry)
    end = {"number": number, "seal": seal, "mark": vault.lookup_hash(text_of_end(chain, number, seal))}
    rows = update(AuditHead).where(AuditHead.chain == chain).values(**end)
    session.execute(rows, execution_options={"synchronize_session": False})
