"""Reads of the offer: what is in force, what comes, who has accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import defer, joinedload

from portal.accounts.models import Account
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.offer.models import OfferAcceptance, OfferDraft, OfferVersion


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one company stands with a version."""

    account_id: int
    name: str
    acceptance: OfferAcceptance | None


def newest_version() -> OfferVersion | None:
    """The version published last, in force already or not."""
    return db.session.scalar(select(OfferVersion).order_by(OfferVersion.number.desc()).limit(1))


def version_in_force(today: date) -> OfferVersion | None:
    """The version that holds on this day."""
    return db.session.scalar(
        select(OfferVersion).where(OfferVersion.valid_from <= today).order_by(OfferVersion.number.desc()).limit(1)
    )


def find_version(number: int) -> OfferVersion:
    """One version. Raises `NotFound`."""
    version = db.session.scalar(select(OfferVersion).where(OfferVersion.number == number))
    if version is None:
        raise NotFound
    return version


def version_before(version: OfferVersion) -> OfferVersion | None:
    """The version that this one followed."""
    return db.session.scalar(
        select(OfferVersion).where(OfferVersion.number < version.number).order_by(OfferVersion.number.desc()).limit(1)
    )


def versions() -> Sequence[OfferVersion]:
    """Every version, the newest first; without their texts."""
    return db.session.scalars(
        select(OfferVersion).options(defer(OfferVersion.text)).order_by(OfferVersion.number.desc())
    ).all()


def draft() -> OfferDraft | None:
    """What the operator is writing."""
    return db.session.scalar(select(OfferDraft).limit(1))


def acceptances() -> Sequence[OfferAcceptance]:
    """What the entered account has accepted, the newest first."""
    return db.session.scalars(
        select(OfferAcceptance)
        .options(joinedload(OfferAcceptance.version).defer(OfferVersion.text))
        .order_by(OfferAcceptance.at.desc())
    ).all()


def unaccepted_version() -> Select[OfferVersion]:
    """The newest version, where the entered account has not accepted it, to be asked for."""
    newest = select(func.max(OfferVersion.number)).scalar_subquery()
    return (
        select(OfferVersion)
        .outerjoin(OfferAcceptance, OfferAcceptance.version_id == OfferVersion.id)
        .where(OfferVersion.number == newest, OfferAcceptance.id.is_(None))
    )


def unaccepted() -> OfferVersion | None:
    """The same without its text; None where it is accepted."""
    return db.session.scalar(unaccepted_version().options(defer(OfferVersion.text)))


def standings(version: OfferVersion) -> Sequence[Standing]:
    """Every company with its acceptance of a version, those that have not accepted first. For the operator."""
    rows = db.session.execute(
        select(Account, OfferAcceptance)
        .outerjoin(
            OfferAcceptance,
            and_(OfferAcceptance.account_id == Account.id, OfferAcceptance.version_id == version.id),
        )
        .order_by(OfferAcceptance.at.is_not(None), OfferAcceptance.at.desc(), Account.id)
    )
    return [Standing(account.id, account.name, acceptance) for account, acceptance in rows]


def counts() -> dict[int, int]:
    """How many companies have accepted each version, by its id. For the operator."""
    rows = db.session.execute(
        select(OfferAcceptance.version_id, func.count(OfferAcceptance.id)).group_by(OfferAcceptance.version_id)
    )
    return {version_id: count for version_id, count in rows}  # noqa: C416 -- typed pairs out of rows
