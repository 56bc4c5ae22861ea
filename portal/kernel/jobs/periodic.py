"""Periodic works: due by a row of the database, so that one worker of many does each, and never twice at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import or_, select, update

from portal.kernel.clock import now
from portal.kernel.db import db, transaction, upsert
from portal.kernel.jobs.kinds import Periodic
from portal.kernel.jobs.lease import LEASE
from portal.kernel.jobs.models import PeriodicRun
from portal.kernel.secrets import random_word


def due_works(works: Iterable[Periodic]) -> list[str]:
    """Names of the works whose time has come. A new one is due at once."""
    moment = now()
    names = [work.name for work in works]
    with transaction(writes=False):
        held = select(PeriodicRun.name).where(
            or_(PeriodicRun.due_at > moment, PeriodicRun.lease_until > moment), PeriodicRun.name.in_(names)
        )
        waiting = set(db.session.scalars(held))
    return [name for name in names if name not in waiting]


def claim(work: Periodic, lease: timedelta = LEASE) -> str | None:
    """The word by which the caller holds the work until it has done it; None where it is not due or held."""
    moment, word = now(), random_word(32)
    with transaction():
        upsert(PeriodicRun, {"name": work.name, "due_at": moment}, key=["name"])
        taken = db.session.scalar(
            update(PeriodicRun)
            .where(
                PeriodicRun.name == work.name,
                PeriodicRun.due_at <= moment,
                or_(PeriodicRun.lease_until.is_(None), PeriodicRun.lease_until <= moment),
            )
            .values(claim=word, lease_until=moment + lease)
            .returning(PeriodicRun.name)
        )
    return word if taken else None


def renew(work: Periodic, held: str, lease: timedelta = LEASE) -> None:
    """Holds it for longer."""
    with transaction():
        db.session.execute(_held(work, held).values(lease_until=now() + lease))


def finish(work: Periodic, held: str) -> None:
    """It is done, well or not; due again after its time."""
    moment = now()
    with transaction():
        db.session.execute(
            _held(work, held).values(due_at=moment + work.every, lease_until=None, claim=None, finished_at=moment)
        )


def _held(work: Periodic, held: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return update(PeriodicRun).where(PeriodicRun.name == work.name, PeriodicRun.claim == held)
