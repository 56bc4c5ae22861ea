"""Guessing passwords is slowed down without giving a stranger the means to lock anybody out.

Failures are counted by what was tried from where: (name, network), network, and name. The last two never stop
somebody in a network from which this person has signed in before: neither a guesser far away nor one in the same
office, behind the same address, keeps people out. Counters live in the database: every web process
shares them, and a restart does not forget them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from portal.accounts.models import SignInFailure, User, UserSession
from portal.kernel.clock import now
from portal.kernel.db import db, upsert
from portal.kernel.errors import TooMany
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

WINDOW = timedelta(minutes=15)
FREE_TRIES = 5
"""Failures of one name from one network before the waits begin; each further one doubles the wait."""
LONGEST_WAIT = timedelta(minutes=15)
NETWORK_TRIES = 40
NAME_TRIES = 100
KNOWN_FOR = timedelta(days=90)


def network_of(address: str | None) -> str:
    """Where an attempt came from: an IPv4 address, or the /64 of an IPv6 one, which is what one visitor has."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        # As a server that listens on both families sees IPv4: else all of it would be one visitor.
        ip = ip.ipv4_mapped
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


class Attempt:
    """One attempt to sign in with a name from a network."""

    def __init__(self, vault: Vault, email: str, network: str) -> None:
        self._network = network
        self._email = email
        self._pair = vault.lookup_hash(f"pair\0{email}\0{network}")
        self._from = vault.lookup_hash(f"network\0{network}")
        self._name = vault.lookup_hash(f"name\0{email}")

    def begin(self) -> None:
        """Counts as a failure until it has succeeded: a hundred at once get no further than a hundred in turn.

        Raises `TooMany` with the seconds to wait; nothing is verified then, and nothing counted. To be committed
        before the password is looked at.
        """
        moment = now()
        db.session.execute(delete(SignInFailure).where(SignInFailure.last_at < moment - WINDOW))
        for subject in sorted(self._subjects):
            # Changes nothing, but whoever tries the same meanwhile waits for this transaction.
            fresh = {"subject": subject, "count": 0, "first_at": moment, "last_at": moment}
            upsert(SignInFailure, fresh, key=["subject"], change={"count": SignInFailure.count})
        self._check()
        self._add(1, self._subjects, last_at=moment)

    def _check(self) -> None:
        rows = db.session.scalars(select(SignInFailure).where(SignInFailure.subject.in_(self._subjects)))
        found = {row.subject: row for row in rows}
        waits = [_growing_wait(found.get(self._pair))]
        if not self._is_known_network():
            waits.append(_window_wait(found.get(self._from), NETWORK_TRIES))
            waits.append(_window_wait(found.get(self._name), NAME_TRIES))
        seconds = int(max(waits).total_seconds() + 0.999)
        if seconds > 0:
            raise TooMany(_("Too many attempts. Wait %(seconds)s s and try again.", seconds=seconds), seconds)

    def succeeded(self) -> int:
        """The pair starts afresh; the network and the name lose this attempt only: others may be guessing still.
        Answers how often somebody has failed by this name lately.
        """
        tried = db.session.scalar(select(SignInFailure.count).where(SignInFailure.subject == self._name)) or 1
        db.session.execute(delete(SignInFailure).where(SignInFailure.subject == self._pair))
        self._add(-1, (self._from, self._name))
        return tried - 1

    @staticmethod
    def _add(step: int, subjects: Sequence[str], **changed: datetime) -> None:
        rows = update(SignInFailure).where(SignInFailure.subject.in_(subjects))
        db.session.execute(
            rows.values(count=SignInFailure.count + step, **changed), execution_options={"synchronize_session": False}
        )

    @property
    def _subjects(self) -> tuple[str, str, str]:
        return self._pair, self._from, self._name

    def _is_known_network(self) -> bool:
        since = now() - KNOWN_FOR
        return db.session.scalar(
            select(UserSession.id)
            .join(User)
            .where(User.email == self._email, UserSession.network == self._network, UserSession.created_at > since)
            .limit(1)
        ) is not None  # fmt: skip


def _growing_wait(row: SignInFailure | None) -> timedelta:
    if row is None or row.count < FREE_TRIES:
        return timedelta(0)
    wait = min(LONGEST_WAIT, timedelta(seconds=2.0 ** min(row.count - FREE_TRIES, 20)))
    return _left(row.last_at + wait)


def _window_wait(row: SignInFailure | None, tries: int) -> timedelta:
    if row is None or row.count < tries:
        return timedelta(0)
    return _left(row.last_at + WINDOW)


def _left(until: datetime) -> timedelta:
    return max(timedelta(0), until - now())
