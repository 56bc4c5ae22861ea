"""Going along a chain: does each entry still say what it said, and is none missing?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.accounts.trail.chain import INSTALLATION, Entry, text_of, text_of_end
from portal.accounts.trail.models import AuditEntry, AuditHead, InstallationEntry
from portal.kernel.db import db, transaction
from portal.kernel.secrets import Vault

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one chain. `fault` is None where it is whole."""

    chain: int
    name: str
    entries: int
    seal: str
    """The last entry's: written down elsewhere, it shows later that nothing before it was exchanged."""
    fault: str | None


def verify_trails(vault: Vault) -> Iterator[Verdict]:
    """Every account's chain, and the installation's. Reads as of one moment each."""
    with transaction(writes=False):
        accounts = [(row.id, row.name) for row in db.session.scalars(select(Account).order_by(Account.id))]
    yield _verify(vault, INSTALLATION, "installation")
    for account_id, name in accounts:
        yield _verify(vault, account_id, name)


def _verify(vault: Vault, chain: int, name: str) -> Verdict:
    with transaction(chain or None, writes=False) as session:
        # The end first: what is written meanwhile comes after it.
        end = session.get(AuditHead, chain)
        number, seal, mark = (end.number, end.seal, end.mark) if end else (0, "", "")
        fault, last = _walk(vault, chain, number)
        fault = fault or _beyond(chain)
        is_marked = end is None or mark in vault.lookup_hashes(text_of_end(chain, number, seal))
        if fault is None and (last != seal or not is_marked):
            fault = f"the end of the chain does not fit entry {number}"
    return Verdict(chain, name, number, seal, fault)


def _walk(vault: Vault, chain: int, until: int) -> tuple[str | None, str]:
    """The first fault, if any, and the seal of the entry before it, or of the last one."""
    previous = ""
    expected = 1
    for entry in _entries(chain):
        if entry.number > until:
            break
        if entry.number != expected:
            return f"entry {expected} is missing", previous
        if entry.seal not in vault.lookup_hashes(text_of(entry, previous)):
            return f"entry {expected} is not what was written", previous
        previous, expected = entry.seal, expected + 1
    return (f"entry {expected} is missing", previous) if expected <= until else (None, previous)


def _beyond(chain: int) -> str | None:
    """An entry after the end was not written by us: ours move the end in the same transaction."""
    table = _table(chain)
    last = db.session.scalar(select(func.max(table.number))) or 0
    end = db.session.scalar(select(AuditHead.number).where(AuditHead.chain == chain)) or 0
    return f"entry {last} stands after the end" if last > end else None


def _table(chain: int) -> type[AuditEntry | InstallationEntry]:
    return InstallationEntry if chain == INSTALLATION else AuditEntry


def _entries(chain: int) -> Iterator[Entry]:
    table = _table(chain)
    last = 0
    while True:
        rows = select(table).where(table.number > last).order_by(table.number).limit(_AT_ONCE)
        found: list[Entry] = list(db.session.scalars(rows))
        yield from found
        if len(found) < _AT_ONCE:
            return
        last = found[-1].number
        db.session.expunge_all()
