"""What is done at the help desk: asking, answering, closing."""

from __future__ import annotations

from portal.accounts.audit import audit
from portal.helpdesk.models import SupportMessage, SupportThread, ThreadState
from portal.helpdesk.queries import find_thread
from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.writing import line_of, text_of

LONGEST_SUBJECT = 200
LONGEST_MESSAGE = 10_000
MOST_MESSAGES = 200
"""A thread is shown as one page."""


def ask(author: str, subject: str, text: str) -> SupportThread:
    """A new question of the entered account. Raises `Refused` with the field that is wrong."""
    thread = SupportThread(subject=line_of(subject, field="subject", longest=LONGEST_SUBJECT))
    said = text_of(text, field="text", longest=LONGEST_MESSAGE)
    thread.messages.append(SupportMessage(author=author, user_id=current_actor().user_id, is_operator=False, text=said))
    db.session.add(thread)
    db.session.flush()
    audit("support.ask", thread.subject)
    return thread


def answer(thread_id: int, author: str, text: str, *, is_operator: bool = False) -> SupportThread:
    """One more message; it opens a closed thread again. Raises `NotFound`, `Refused` with the field that is wrong."""
    thread = find_thread(thread_id, locks=True)
    said = text_of(text, field="text", longest=LONGEST_MESSAGE)
    if len(thread.messages) >= MOST_MESSAGES:
        raise Refused(_("This conversation is full: ask a new question."), "text")
    moment = now()
    by = current_actor().user_id
    thread.messages.append(SupportMessage(author=author, user_id=by, is_operator=is_operator, text=said, at=moment))
    thread.state = ThreadState.ANSWERED if is_operator else ThreadState.OPEN
    thread.last_at = moment
    thread.is_unread = is_operator
    db.session.flush()
    audit("support.answer", thread.subject)
    return thread


def close(thread_id: int) -> SupportThread:
    """Nothing more is expected from anybody. Raises `NotFound`."""
    thread = find_thread(thread_id, locks=True)
    return _turn(thread, ThreadState.CLOSED, "support.close")


def reopen(thread_id: int) -> SupportThread:
    """It is again the turn of whoever did not speak last: takes `close` back exactly. Raises `NotFound`."""
    thread = find_thread(thread_id, locks=True)
    is_answered = thread.messages[-1].is_operator
    return _turn(thread, ThreadState.ANSWERED if is_answered else ThreadState.OPEN, "support.reopen")


def mark_read(thread: SupportThread) -> None:
    """Somebody of the account has the answer before the eyes; looking leaves no audit line."""
    thread.is_unread = False


def _turn(thread: SupportThread, state: ThreadState, action: str) -> SupportThread:
    if thread.state != state:
        audit(action, thread.subject, before={"state": thread.state}, after={"state": state})
        thread.state = state
    return thread
