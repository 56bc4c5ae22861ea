"""Another time zone for an account. Its days begin at another moment then: `calls.log.recount` counts them anew."""

from __future__ import annotations

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.accounts.company.zones import known_zones
from portal.accounts.models import Account
from portal.kernel import jobs
from portal.kernel.db import db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobState
from portal.kernel.tenancy import current_account_id

KIND = "time-zone"


def checked_zone(name: str) -> str:
    """A zone's name as the tz database writes it; none that counts leap seconds. Raises `Refused`."""
    if name.strip() not in known_zones():
        raise Refused(_("There is no time zone %(name)s.", name=name), "time_zone")
    return name.strip()


def begin_to_move(name: str) -> Job | None:
    """Begins to change the entered account's zone; None where it is that already. Raises `Refused`, and `Conflict`
    while another change goes on.
    """
    zone = checked_zone(name)
    # Held, so that of two who ask at once the second sees the first one's job.
    account = _held()
    if find_move() is not None:
        raise Conflict(_("The time zone is being changed already: wait for the end of that."))
    return None if account.time_zone == zone else jobs.begin(KIND, {"zone": zone}, subject=zone)


def find_move() -> Job | None:
    """The change that goes on now."""
    is_open = Job.state.in_((JobState.WAITING, JobState.RUNNING))
    return db.session.scalar(select(Job).where(Job.kind == KIND, is_open).order_by(Job.id).limit(1))


def announce_move(zone: str) -> None:
    """From the commit on, who writes calls knows that days are counted for this zone (`zone.is_moving`)."""
    _held().moving_to = zone
    db.session.flush()


def finish_move() -> None:
    """In the transaction that writes the new sums; call `hold_move` first."""
    account = _held()
    if account.moving_to is None:
        raise ValueError("no zone was announced")
    before, account.time_zone, account.moving_to = account.time_zone, account.moving_to, None
    db.session.flush()
    audit(
        "account.time-zone",
        account.name,
        before={"time_zone": before},
        after={"time_zone": account.time_zone},
    )


def hold_move() -> bool:
    """Keeps everybody who writes calls of the entered account waiting until the end of the transaction; answers
    whether a zone is still announced.
    """
    return _held().moving_to is not None


def give_up_move() -> None:
    """The zone stays what it is."""
    _held().moving_to = None


def _held() -> Account:
    return db.session.get_one(Account, current_account_id(), with_for_update=True)
