"""Papers as files: drawn when one is first wanted, kept in the store from then on."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app

from portal.invoicing.drawing.act import draw_act
from portal.invoicing.drawing.bill import draw_bill
from portal.invoicing.drawing.correction import draw_correction
from portal.invoicing.drawing.invoice import draw_invoice
from portal.invoicing.drawing.transfer import draw_transfer
from portal.invoicing.papers.content import Content, read_content
from portal.invoicing.papers.models import Paper, PaperKind
from portal.kernel.storage import BlobStore

MEDIA_TYPE = "application/pdf"
_DRAWN_BY: dict[PaperKind, Callable[[Paper, Content], bytes]] = {
    PaperKind.BILL: draw_bill,
    PaperKind.ACT: draw_act,
    PaperKind.INVOICE: draw_invoice,
    PaperKind.TRANSFER: draw_transfer,
    PaperKind.CORRECTION: draw_correction,
}


def blob_of(paper: Paper) -> str:
    """The key of the paper's file, which is there from now on. A later look of such papers does not change it."""
    storage: BlobStore = current_app.extensions["portal.storage"]
    key = f"papers/{paper.account_id}/{paper.id}.pdf"
    if storage.size(key) is None:
        drawn = _DRAWN_BY[PaperKind(paper.kind)](paper, read_content(paper.content))
        with storage.writer(key) as file:
            file.write(drawn)
    return key


def file_name(paper: Paper) -> str:
    """`act-2026-3.pdf`: of our own making."""
    return f"{paper.kind}-{paper.year}-{paper.number}.pdf"
