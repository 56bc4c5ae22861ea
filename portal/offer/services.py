"""What is done about the offer: drafting and publishing versions, taking one back in time, accepting one."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select

from portal.accounts.audit import audit
from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import db, upsert
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.writing import text_of
from portal.offer.models import OfferAcceptance, OfferDraft, OfferVersion
from portal.offer.queries import find_version, newest_version

LONGEST = 200_000


def save_draft(text: str, revision: int) -> OfferDraft:
    """Keeps what is written so far. Raises `Conflict` where somebody saved since the revision that was edited."""
    cleaned = text_of(text, field="text", longest=LONGEST)
    found = _draft_at(revision)
    if found is None:
        found = OfferDraft(id=1, text=cleaned, saved_by=current_actor().name)
        db.session.add(found)
    else:
        found.text, found.revision = cleaned, found.revision + 1
        found.saved_by, found.saved_at = current_actor().name, now()
    db.session.flush()
    return found


def publish(text: str, valid_from: date, today: date, revision: int = 0) -> OfferVersion:
    """The next version, in force from a day on; the draft has done its work. Raises `Refused` where nothing is new
    or the day is past, `Conflict` where somebody saved another draft meanwhile.
    """
    cleaned = text_of(text, field="text", longest=LONGEST)
    _draft_at(revision)
    newest = newest_version()
    if newest is not None and newest.text == cleaned:
        raise Refused(_("This is the text that is published already."), "text")
    if valid_from < today:
        raise Refused(_("A version comes into force today or later."), "valid_from")
    if newest is not None and valid_from < newest.valid_from:
        raise Refused(
            _("The version before this one comes into force later: choose that day or a later one."), "valid_from"
        )
    version = OfferVersion(
        number=newest.number + 1 if newest else 1,
        text=cleaned,
        valid_from=valid_from,
        published_by=current_actor().name,
    )
    db.session.add(version)
    db.session.execute(delete(OfferDraft))
    db.session.flush()
    return version


def withdraw(number: int, today: date) -> None:
    """Takes back a version that is not in force and that nobody has accepted; its text is the draft again.

    Raises `NotFound`, `Conflict`.
    """
    version = find_version(number)
    newest = newest_version()
    is_accepted = db.session.scalar(select(OfferAcceptance.id).where(OfferAcceptance.version_id == version.id).limit(1))
    if newest is None or newest.number != number or version.valid_from <= today or is_accepted is not None:
        raise Conflict(_("This version is in force, was accepted or was followed by another: it stays."))
    change = {"text": version.text, "revision": OfferDraft.revision + 1, "saved_by": current_actor().name}
    row = {"id": 1, "text": version.text, "saved_by": current_actor().name, "revision": 1, "saved_at": now()}
    upsert(OfferDraft, row, key=["id"], change=change)
    db.session.delete(version)


def accept(number: int) -> OfferAcceptance:
    """The entered account accepts the newest version. Once: a second time changes nothing.

    Raises `NotFound`, and `Conflict` where a newer one has been published meanwhile.
    """
    version, newest = find_version(number), newest_version()
    if newest is None or newest.number != version.number:
        raise Conflict(_("A newer version of the offer has been published: read and accept that one."))
    actor = current_actor()
    row = {"version_id": version.id, "user_id": actor.user_id, "person": actor.name, "address": actor.address}
    if upsert(OfferAcceptance, {**row, "at": now()}, key=["account_id", "version_id"]):
        audit("offer.accept", _("Version %(number)s", number=version.number), after={"version": version.number})
    return db.session.scalars(select(OfferAcceptance).where(OfferAcceptance.version_id == version.id)).one()


def _draft_at(revision: int) -> OfferDraft | None:
    """The draft, held, as whoever writes has seen it; 0 stands for none."""
    found = db.session.scalar(select(OfferDraft).with_for_update())
    if found is not None and found.revision != revision:
        raise Conflict(_("%(who)s has saved another text meanwhile.", who=found.saved_by))
    return found
