"""Drawing up one paper: numbered, frozen, once per source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from portal.accounts.audit import audit
from portal.invoicing.drawing.lines import number_and_day
from portal.invoicing.papers.content import Content
from portal.invoicing.papers.models import SERIES, Paper, PaperKind
from portal.invoicing.papers.numbering import take_number
from portal.kernel.db import announce, db
from portal.kernel.money import ZERO

CHANGED = "documents-changed"


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper before it has a number. `day` is the wanted one; see `numbering`."""

    kind: PaperKind
    source: str
    day: date
    content: Content
    period: date | None = None
    due: Decimal = ZERO
    corrects: Paper | None = None


def issue(draft: Draft) -> Paper:
    """The paper of this source: drawn up now, or the one that was before, unchanged."""
    known = db.session.scalar(select(Paper).where(Paper.source == draft.source))
    if known is not None:
        return known
    series = draft.corrects.series if draft.corrects is not None else SERIES[draft.kind]
    content = draft.content
    if draft.corrects is not None:
        content = replace(content, corrects=number_and_day(draft.corrects.number, draft.corrects.issued_on))
    taken = take_number(content.seller.inn, series, draft.day)
    paper = Paper(
        kind=draft.kind,
        series=series,
        seller_inn=content.seller.inn,
        year=taken.year,
        number=taken.number,
        issued_on=taken.day,
        period=draft.period,
        source=draft.source,
        content=content.as_json(),
        total=content.total,
        due=draft.due,
        paid=ZERO,
        corrects_id=draft.corrects.id if draft.corrects is not None else None,
    )
    db.session.add(paper)
    db.session.flush()
    audit("paper.issue", f"{draft.kind} {taken.year}/{taken.number}", after={"total": str(paper.total)})
    announce(CHANGED)
    return paper
