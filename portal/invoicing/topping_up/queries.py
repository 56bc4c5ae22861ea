"""What was begun lately to top the account up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.invoicing.cards.models import CardPayment
from portal.invoicing.papers.models import Paper, PaperKind
from portal.kernel.db import db

_SHOWN = 5


def recent_bills() -> Sequence[Paper]:
    """The newest bills that are still to be paid, wholly or in part."""
    return db.session.scalars(
        select(Paper)
        .where(Paper.kind == PaperKind.BILL, Paper.paid < Paper.due)
        .order_by(Paper.issued_on.desc(), Paper.id.desc())
        .limit(_SHOWN)
    ).all()


def recent_cards() -> Sequence[CardPayment]:
    """The newest payments by card, however they ended."""
    return db.session.scalars(
        select(CardPayment).order_by(CardPayment.created_at.desc(), CardPayment.id.desc()).limit(_SHOWN)
    ).all()
