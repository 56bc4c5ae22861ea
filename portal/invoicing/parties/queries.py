"""Reads of the parties' details."""

from __future__ import annotations

from sqlalchemy import select

from portal.invoicing.parties.models import BuyerDetails, SellerDetails
from portal.kernel.db import db


def seller(*, locks: bool = False) -> SellerDetails | None:
    """The operator's company, where it has been told."""
    return db.session.scalar(select(SellerDetails).with_for_update() if locks else select(SellerDetails))


def buyer(*, locks: bool = False) -> BuyerDetails | None:
    """The entered account's company, where it has been told."""
    return db.session.scalar(select(BuyerDetails).with_for_update() if locks else select(BuyerDetails))
