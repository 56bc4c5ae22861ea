"""Another time zone for an account: its days begin at another moment, so what was summed by day is counted anew."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.accounts.events import ZoneChanged
from portal.accounts.models import Account
from portal.kernel import events, jobs
from portal.kernel.db import db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobKind, JobState, RunningJob
from portal.kernel.tenancy import current_account_id
from portal.web.access import Permission

KIND = "time-zone"


def checked_zone(name: str) -> str:
    """A zone's name as the tz database writes it. Raises `Refused`."""
    try:
        return ZoneInfo(name.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(_("There is no time zone %(name)s.", name=name), "time_zone") from None


def begin_to_move(name: str) -> Job | None:
    """Begins to change the entered account's zone; None where it is that already. Raises `Refused`, and `Conflict`
    while another change goes on.
    """
    zone = checked_zone(name)
    # Held, so that of two who ask at once the second sees the first one's job.
    account = db.session.get_one(Account, current_account_id(), with_for_update=True)
    if find_move() is not None:
        raise Conflict(_("The time zone is being changed already: wait for the end of that."))
    return None if account.time_zone == zone else jobs.begin(KIND, {"zone": zone}, subject=zone)


def find_move() -> Job | None:
    """The change that goes on now."""
    is_open = Job.state.in_((JobState.WAITING, JobState.RUNNING))
    return db.session.scalar(select(Job).where(Job.kind == KIND, is_open).order_by(Job.id).limit(1))


def move(job: RunningJob) -> None:
    """Zone and sums change in one transaction. Until its commit pages show what was; calls that end wait for it."""
    zone = checked_zone(job.arguments["zone"])
    with job.transaction() as session:
        # Whoever writes a call holds this row (`zone.held_zone`).
        account = session.get_one(Account, current_account_id(), with_for_update=True)
        before, account.time_zone = account.time_zone, zone
        session.flush()
        events.publish(ZoneChanged(job.check))
        audit("account.time-zone", account.name, before={"time_zone": before}, after={"time_zone": zone})


MOVING = JobKind(KIND, lambda: _("Change of the time zone"), move, needs=Permission.MANAGE_COMPANY)
