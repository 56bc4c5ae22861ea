"""Mail about questions: to the operators what was asked, to who asked that there is an answer. Never what was said."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from portal.accounts.admins import operators
from portal.accounts.models import Account, Membership, User
from portal.accounts.people.links import can_be_mailed, mailed_link
from portal.helpdesk.models import SupportThread
from portal.kernel.db import db
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import speaking
from portal.kernel.mail.outbox import send_mail


def tell_operators(thread: SupportThread) -> None:
    """Somebody of the entered account has asked, or said more."""
    company = db.session.get_one(Account, thread.account_id).name
    for user in operators():
        with speaking(user.locale):
            said = _("%(company)s has written: %(subject)s", company=company, subject=thread.subject)
            where = _link("desk.thread", account_id=thread.account_id, thread_id=thread.id)
            send_mail(user.email, _("A question of %(company)s", company=company), "\n".join([said, "", *where]))


def tell_who_asked(thread: SupportThread) -> None:
    """The operator has answered: everybody who wrote in the thread and may still come in."""
    wrote = {message.user_id for message in thread.messages if not message.is_operator and message.user_id}
    for user in _may_come_in(thread.account_id, wrote):
        with speaking(user.locale):
            said = _("There is an answer to your question: %(subject)s", subject=thread.subject)
            where = _link("helpdesk.thread", thread_id=thread.id)
            send_mail(user.email, _("An answer of the support"), "\n".join([said, "", *where]))


def _may_come_in(account_id: int, user_ids: Iterable[int]) -> Iterable[User]:
    return db.session.scalars(
        select(User)
        .join(Membership)
        .where(User.id.in_(user_ids), User.is_disabled.is_(False), Membership.is_disabled.is_(False))
        .filter(Membership.account.has(id=account_id))
        .order_by(User.id)
    ).all()


def _link(endpoint: str, **values: object) -> list[str]:
    return [mailed_link(endpoint, **values), ""] if can_be_mailed() else []
