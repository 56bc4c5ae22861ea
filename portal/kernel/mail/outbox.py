"""The way in: mail is written down with the change that it tells of, and goes out after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app

from portal.kernel.db import db, ring
from portal.kernel.mail.models import OutgoingMail
from portal.kernel.secrets import random_word

BELL = "mail"
"""Rung when there is mail to send."""
_LONGEST_SUBJECT = 200


def is_mail_set() -> bool:
    """Whether this installation sends mail; pages that promise some say so where it does not."""
    return current_app.extensions["portal.postman"] is not None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A blob of the store that goes with a message; it must stay there until the message was taken."""

    key: str
    file_name: str
    media_type: str


def send_mail(recipient: str, subject: str, text: str, attachments: Sequence[Attachment] = ()) -> bool:
    """Plain text to one person, in the person's language; False, and nothing is kept, where no mail is set.

    Belongs to the present transaction: what is undone sends nothing, what is committed is sent until a server took it.
    """
    if not is_mail_set():
        return False
    db.session.add(
        OutgoingMail(
            message_id=random_word(27),
            recipient=recipient,
            # A line end in a subject would begin a header of its own.
            subject=" ".join(subject.split())[:_LONGEST_SUBJECT],
            text=text,
            attachments=[[each.key, each.file_name, each.media_type] for each in attachments] or None,
        )
    )
    ring(BELL)
    return True
