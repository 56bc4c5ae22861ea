"""What the operator does: asks what would change, agrees, or drops it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select, update

from portal.accounts.audit import audit
from portal.accounts.models import Account
from portal.billing.models import ReRating, ReRatingState
from portal.billing.plans import version_on
from portal.billing.rerating.job import KIND
from portal.kernel import jobs
from portal.kernel.actor import current_actor
from portal.kernel.db import db
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO

LONGEST_DAYS = 400


def begin_re_rating(first_day: date, last_day: date, today: date) -> ReRating:
    """Begins to count what the entered account's calls of these days would cost now. Raises `Refused`."""
    if first_day > last_day:
        raise Refused(_("The first day lies after the last."), "first_day")
    if last_day > today:
        raise Refused(_("The day is not over yet: choose one that has been."), "last_day")
    if (last_day - first_day).days >= LONGEST_DAYS:
        raise Refused(_("Choose at most %(most)s days.", most=LONGEST_DAYS), "first_day")
    if version_on(first_day) is None:
        # Else all that these calls cost would be given back.
        raise Refused(
            _("No tariff was in force on that day: give the account one from that day on first."), "first_day"
        )
    row = ReRating(first_day=first_day, last_day=last_day, created_by=current_actor().name)
    db.session.add(row)
    db.session.flush()
    jobs.begin(KIND, {"re_rating": row.id}, subject=f"{first_day} - {last_day}")
    audit("money.rerate-preview", f"{first_day} - {last_day}")
    return row


def apply_re_rating(number: int) -> None:
    """Posts the corrections, each call once. Raises `NotFound`, `Conflict` where it is not ready or was applied."""
    _move(number, ReRatingState.APPLYING)
    # What is posted is counted anew: a tariff may have changed since the preview.
    fresh = {"calls": 0, "changed": 0, "before": ZERO, "after": ZERO, "examples": None}
    db.session.execute(update(ReRating).where(ReRating.id == number).values(**fresh, reached_at=None, reached_id=None))
    jobs.begin(KIND, {"re_rating": number}, subject=_("Correcting charges"))


def drop_re_rating(number: int) -> None:
    """Changes nothing after all. Raises `NotFound`, `Conflict`."""
    _move(number, ReRatingState.DROPPED)
    audit("money.rerate-drop", str(number))


def find_re_rating(number: int) -> ReRating:
    """Of the accounts that may be seen. Raises `NotFound`."""
    row = db.session.scalar(select(ReRating).where(ReRating.id == number))
    if row is None:
        raise NotFound
    return row


def newest_re_ratings(limit: int = 50) -> Sequence[tuple[ReRating, str]]:
    """The last ones with the names of their companies, of the accounts that may be seen."""
    rows = select(ReRating, Account.name).join(Account, Account.id == ReRating.account_id)
    return [(row, name) for row, name in db.session.execute(rows.order_by(ReRating.id.desc()).limit(limit))]


def _move(number: int, state: ReRatingState) -> None:
    find_re_rating(number)
    is_ready = (ReRating.id == number, ReRating.state == ReRatingState.READY)
    moved = db.session.scalar(
        update(ReRating)
        .where(*is_ready)
        .values(state=state)
        .returning(ReRating.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise Conflict(_("Somebody has decided on it already, or it is still being counted."))
