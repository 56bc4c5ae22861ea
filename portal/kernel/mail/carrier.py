"""The worker's part: takes what is due, hands it to the postman outside of any transaction, notes what came of it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import delete, select, update

from portal.kernel.bells import Bells, wait_for
from portal.kernel.clock import now
from portal.kernel.config import Settings
from portal.kernel.db import db, transaction
from portal.kernel.errors import Unavailable
from portal.kernel.mail.models import OutgoingMail
from portal.kernel.mail.outbox import BELL
from portal.kernel.mail.postman import Letter, NotTaken, Postman, SmtpPostman
from portal.kernel.secrets import random_word
from portal.kernel.storage.store import BlobStore

log = structlog.get_logger(__name__)

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
"""What is waited after each failure: a server that is away for a day and a half loses nothing."""
_LEASE = timedelta(minutes=3)
_POLL_SECONDS = 15.0
_AT_ONCE = 20
_DUE = select(OutgoingMail.id).where(OutgoingMail.given_up_at.is_(None)).order_by(OutgoingMail.due_at, OutgoingMail.id)
_KEPT = timedelta(days=30)
"""What was given up stays for so long."""


class MailCarrier:
    """Sends what the outbox holds until told to stop. Any number of them may run."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._bells: Bells = app.extensions["portal.bells"]
        self._postman: Postman | None = app.extensions["portal.postman"]

    def run(self, stop: threading.Event) -> None:
        """Works until `stop`; without a mail server there is nothing to do."""
        if self._postman is None:
            return
        listener = self._bells.listen()
        try:
            while not stop.is_set():
                self._try_round()
                wait_for(BELL, listener, stop, seconds=_POLL_SECONDS)
        finally:
            listener.close()

    def _try_round(self) -> None:
        try:
            self.round()
        except Exception:
            # The database is away, or a row cannot be read: what is due stays due.
            log.exception("mail_round_failed")

    def round(self) -> int:
        """Sends all that is due now, once each; answers how many messages a server took."""
        taken = 0
        if self._postman is None:
            return taken
        with self._app.app_context():
            while claimed := _claim(now()):
                taken += sum(self._carry(self._postman, mail, claim) for mail, claim in claimed)
        return taken

    def _carry(self, postman: Postman, mail: OutgoingMail, claim: str) -> bool:
        try:
            postman.deliver(self._letter(mail))
        except NotTaken as failure:
            with transaction():
                _put_off(mail.id, claim, failure)
            return False
        with transaction():
            db.session.execute(delete(OutgoingMail).where(OutgoingMail.id == mail.id, OutgoingMail.claim == claim))
        return True

    def _letter(self, mail: OutgoingMail) -> Letter:
        """The message with the files that go with it. Raises `NotTaken` where the store has none, or is away."""
        storage: BlobStore = self._app.extensions["portal.storage"]
        try:
            files = tuple((b"".join(storage.chunks(key)), name, kind) for key, name, kind in mail.attachments or ())
        except FileNotFoundError:
            raise NotTaken("a file that was to go with it is gone", is_final=True) from None
        except Unavailable as error:
            raise NotTaken(f"the store is away: {error.message}") from None
        return Letter(mail.message_id, mail.recipient, mail.subject, mail.text, files)


def forget_what_was_given_up() -> None:
    """After a month nobody asks any more."""
    with transaction() as session:
        session.execute(delete(OutgoingMail).where(OutgoingMail.given_up_at < now() - _KEPT))


def make_postman(settings: Settings) -> Postman | None:
    """Who carries this installation's mail; None where it sends none."""
    if settings.mail_url is None or settings.mail_from is None:
        return None
    return SmtpPostman(settings.mail_url, settings.mail_from)


def _claim(moment: datetime) -> list[tuple[OutgoingMail, str]]:
    """Messages that are due, held for a lease; one whose holder died is due again when it runs out."""
    claim = random_word(32)
    with transaction() as session:
        due = _DUE.where(OutgoingMail.due_at <= moment).limit(_AT_ONCE)
        rows = session.scalars(
            update(OutgoingMail)
            .where(OutgoingMail.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()))
            .values(claim=claim, due_at=moment + _LEASE)
            .returning(OutgoingMail)
        ).all()
        # A database gives them back in any order; people read first what was written first.
        return [(row, claim) for row in sorted(rows, key=lambda row: row.id)]


def _put_off(mail_id: int, claim: str, failure: NotTaken) -> None:
    mail = db.session.scalar(
        select(OutgoingMail).where(OutgoingMail.id == mail_id, OutgoingMail.claim == claim).with_for_update()
    )
    if mail is None:
        return
    mail.tries += 1
    mail.claim, mail.last_failure = None, str(failure)[:300]
    if failure.is_final or mail.tries > len(PAUSES):
        log.error("mail_given_up", mail=mail.message_id, tries=mail.tries, failure=mail.last_failure)
        # A link for a new password may stand in it.
        mail.text, mail.attachments, mail.given_up_at = "", None, now()
        return
    log.warning("mail_not_taken", mail=mail.message_id, tries=mail.tries, failure=mail.last_failure)
    mail.due_at = now() + PAUSES[mail.tries - 1]
