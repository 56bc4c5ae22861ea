"""What people do with missed calls: take them, hand them on, put them off, close them."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.accounts.audit import audit
from portal.accounts.members import find_member
from portal.contacts.queries import crm_users
from portal.followups.keeping import CHANGED, add_contact, drop_contact
from portal.followups.models import Closing, FollowUp, HandClosing, Reason
from portal.followups.moments import Contact
from portal.followups.queries import find_follow_up
from portal.followups.rules import held_rules, lock_rules
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _

LONGEST_NOTE = 500
MINUTES = (5, 10_080)
"""From five minutes to as many as a week has."""
_LATEST = timedelta(days=366)


def assign(follow_up_id: int, *, user_id: int | None = None, crm_user_id: int | None = None) -> FollowUp:
    """Whose work it is: a person's of the account, a CRM user's, or nobody's.

    Raises `NotFound`, `Refused` for nobody of this account, `Conflict` where it is closed meanwhile.
    """
    row = _open(follow_up_id)
    before = row.owner_name
    _check(user_id, crm_user_id)
    row.owner_user_id, row.owner_crm_user_id = user_id, crm_user_id
    db.session.flush()
    db.session.expire(row, ["owner_user", "owner_crm_user"])
    audit("follow_up.assign", _name(row), before={"owner": before}, after={"owner": row.owner_name})
    announce(CHANGED)
    return row


def set_due(follow_up_id: int, at: datetime) -> FollowUp:
    """Until when it is to be done; stays as it is when more calls are missed. Raises as `assign` does."""
    row = _open(follow_up_id)
    if not row.first_missed_at <= at <= now() + _LATEST:
        raise Refused(_("Choose a time after the missed call and within a year."), "due")
    before = row.due_at
    row.due_at, row.is_due_by_hand = at, True
    audit("follow_up.due", _name(row), before={"due": before.isoformat()}, after={"due": at.isoformat()})
    announce(CHANGED)
    return row


def close(follow_up_id: int, reason: str, note: str, by: str) -> FollowUp:
    """Nobody need call back, says the person named `by`. `reopen` takes it back.

    Raises `NotFound`, `Refused` with the field, `Conflict` where it is closed meanwhile.
    """
    row = _open(follow_up_id)
    word = HandClosing(number=row.number, at=max(now(), row.last_missed_at), **_why(reason, note), by=by)
    db.session.add(word)
    db.session.flush()
    add_contact(row.number, Contact(word.at, Closing.BY_HAND, hand_closing_id=word.id))
    audit("follow_up.close", _name(row), after={"reason": word.reason, "note": word.note})
    return row


def reopen(follow_up_id: int) -> FollowUp:
    """Takes back that a person closed it; answers where the work is now. What a call closed stays closed: `Conflict`.

    Where the number was missed, or reached, again since then, it joins that.
    """
    lock_rules()
    row = find_follow_up(follow_up_id)
    word = db.session.get(HandClosing, row.hand_closing_id) if row.hand_closing_id else None
    if word is None or row.closed_at is None:
        raise Conflict(_("No person has closed this, so nobody can open it again."))
    number, at = row.number, row.closed_at
    row.hand_closing_id = None
    db.session.flush()
    db.session.delete(word)
    db.session.flush()
    audit("follow_up.reopen", _name(row))
    announce(CHANGED)
    return drop_contact(number, at) or row


def set_minutes(minutes: int) -> None:
    """After how many working minutes a missed call is due from now on; what is open keeps its time.

    Raises `Refused`.
    """
    low, high = MINUTES
    if not low <= minutes <= high:
        raise Refused(_("Give a whole number from %(low)s to %(high)s.", low=low, high=high), "minutes")
    rules = held_rules()
    audit("follow_up.rules", _("Missed calls"), before={"minutes": rules.minutes}, after={"minutes": minutes})
    rules.minutes = minutes


def _open(follow_up_id: int) -> FollowUp:
    lock_rules()
    row = find_follow_up(follow_up_id)
    if not row.is_open:
        raise Conflict(_("This has been closed meanwhile. Reload the page to see how."))
    return row


def _check(user_id: int | None, crm_user_id: int | None) -> None:
    is_member = user_id is None or find_member(user_id) is not None
    is_crm_user = crm_user_id is None or crm_user_id in {user.id for user in crm_users()}
    if not is_member or not is_crm_user:
        raise Refused(_("There is no such person any more."), "owner")


def _why(reason: str, note: str) -> dict[str, str]:
    if reason not in list(Reason):
        raise Refused(_("Say why nobody need call back."), "reason")
    note = " ".join(note.replace("\0", "").split())
    if len(note) > LONGEST_NOTE:
        raise Refused(_("A note has at most %(count)s characters.", count=LONGEST_NOTE), "note")
    if reason == Reason.OTHER and not note:
        raise Refused(_("Say in the note what the reason is."), "note")
    return {"reason": reason, "note": note}


def _name(row: FollowUp) -> str:
    return phone.display(row.number)
