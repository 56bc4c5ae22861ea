"""The job that sees to an account's closed months: papers drawn up, drawn, kept, sent by mail; and what begins it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import or_, select

from portal.accounts.models import Account
from portal.accounts.zone import billing_zone
from portal.billing import statements
from portal.billing.statements import Statement
from portal.invoicing.drawing.files import MEDIA_TYPE, blob_of, file_name
from portal.invoicing.papers.closing import GRACE, close, correct
from portal.invoicing.papers.models import Paper, PaperKind
from portal.invoicing.parties.models import BuyerDetails
from portal.invoicing.parties.queries import buyer, seller
from portal.kernel import jobs
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Job, JobKind, JobState, Periodic, RunningJob
from portal.kernel.mail.outbox import Attachment, send_mail
from portal.web.access import Permission

KIND = "papers"
_SEES_ALL = "months that are over and have no papers yet"
_PAPERS_IN = "RUB"
"""Russian papers are of roubles."""
_MOST_IN_A_LETTER = 20


def see_to_months(job: RunningJob) -> None:
    """Closes what is over, puts right what moved, draws and sends what is new. Begun anew it comes to the same."""
    with job.transaction(writes=False):
        months = list(reversed(statements.closed_months()))
    for place, month in enumerate(months):
        job.progress(place, len(months))
        with job.transaction():
            see_to(month)
    _draw(job)
    with job.transaction():
        _send()
        _note_closed()
    job.progress(len(months), len(months))


def see_to(month: Statement, *, is_forced: bool = False) -> Sequence[Paper]:
    """The papers of one closed month of the entered account: drawn up, or put right. None before both parties
    have told their details.
    """
    selling, buying = seller(), buyer(locks=True)
    if selling is None or buying is None or month.first_day < selling.papers_since:
        return []
    known = db.session.scalar(select(Paper.id).where(Paper.period == month.first_day).limit(1))
    return correct(month, is_forced=is_forced) if known is not None else close(month, selling, buying)


def _draw(job: RunningJob) -> None:
    with job.transaction(writes=False):
        unsent = db.session.scalars(select(Paper).where(Paper.mailed_at.is_(None), Paper.period.is_not(None))).all()
    for paper in unsent:
        job.check()
        blob_of(paper)


def _note_closed() -> None:
    """Nothing more is to be done until the next month is over."""
    details = buyer(locks=True)
    if details is not None and seller() is not None:
        details.closed_through = last_month(billing_zone())


def _send() -> None:
    """One letter with all that is new, where the company named an address and the installation sends mail."""
    details = buyer()
    if details is None or not details.papers_email:
        return
    new = db.session.scalars(
        select(Paper)
        .where(Paper.mailed_at.is_(None), Paper.period.is_not(None), Paper.created_at >= now() - timedelta(days=7))
        .order_by(Paper.id)
        .limit(_MOST_IN_A_LETTER)
    ).all()
    if new and mail_papers(details.papers_email, new):
        for paper in new:
            paper.mailed_at = now()


def mail_papers(recipient: str, papers: Sequence[Paper]) -> bool:
    """Sends papers to somebody; False where the installation sends no mail. Their files must have been drawn."""
    names = "\n".join(f"- {title_of(paper)}" for paper in papers)
    text = _("New papers of your account are attached:") + "\n\n" + names + "\n"
    files = [Attachment(blob_of(paper), file_name(paper), MEDIA_TYPE) for paper in papers]
    return send_mail(recipient, _("Papers for telephony"), text, files)


def title_of(paper: Paper) -> str:
    """`Act no. 3 of 2026-10-31`, in the reader's language."""
    return _("%(kind)s no. %(number)s", kind=kind_labels()[PaperKind(paper.kind)], number=paper.number)


def kind_labels() -> dict[PaperKind, str]:
    """What each kind is called."""
    return {
        PaperKind.BILL: _("Bill"),
        PaperKind.ACT: _("Act"),
        PaperKind.INVOICE: _("Invoice"),
        PaperKind.TRANSFER: _("UPD"),
        PaperKind.CORRECTION: _("Correction"),
    }


def begin_where_due(_app: Flask) -> None:
    """Begins the job for each account in which a month is over that nobody has seen to."""
    with transaction(writes=False):
        if seller() is None:
            return
    # A coarse sieve: the exact one needs the account's zone.
    is_old = BuyerDetails.closed_through < (now().date() - timedelta(days=27)).replace(day=1)
    with transaction(everything=_SEES_ALL, writes=False):
        rows = db.session.execute(
            select(BuyerDetails.account_id, BuyerDetails.closed_through, Account.billing_zone)
            .join(Account, Account.id == BuyerDetails.account_id)
            .where(Account.currency == _PAPERS_IN, or_(BuyerDetails.closed_through.is_(None), is_old))
        ).all()
        at_it = select(Job.account_id).where(Job.kind == KIND, Job.state.in_((JobState.WAITING, JobState.RUNNING)))
        busy = set(db.session.scalars(at_it))
    for account_id, closed_through, zone in rows:
        if account_id not in busy and (closed_through is None or closed_through < last_month(ZoneInfo(zone))):
            with transaction(account_id):
                jobs.begin(KIND)


def last_month(zone: ZoneInfo) -> date:
    """The first day of the last month that is over and quiet, in a zone."""
    first = (now() - GRACE).astimezone(zone).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)


PAPERS = JobKind(KIND, lambda: _("Papers of closed months"), see_to_months, needs=Permission.SEE_MONEY)
DUE_PAPERS = Periodic("papers-due", lambda: _("Papers of months that are over"), timedelta(minutes=10), begin_where_due)
