"""Reads of lines."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.prepared import Prepared
from portal.telephony.models import Did, SipLine

# Built once, for each page of the log.
_DIDS = select(Did).order_by(Did.id)
_NUMBERS = Prepared(select(Did.number, Did.label).order_by(Did.id))
_OWN_NUMBER = Prepared(select(Did.id).where(Did.number == bindparam("number")))


def sip_lines() -> Sequence[SipLine]:
    """The account's SIP accounts, by name."""
    return db.session.scalars(select(SipLine).order_by(SipLine.name)).all()


def find_sip_line(name: str) -> SipLine | None:
    """The account's own SIP account of this name (`SIP/00000000672`), or None."""
    return db.session.scalar(select(SipLine).where(SipLine.name == name))


def find_line(line_id: int) -> SipLine:
    """One of the account's SIP accounts. Raises `NotFound`."""
    line = db.session.get(SipLine, line_id)
    if line is None:
        raise NotFound
    return line


def dids() -> Sequence[Did]:
    """The account's public numbers, in the order in which they were added: the first is shown to who is called."""
    return db.session.scalars(_DIDS).all()


def labelled_numbers() -> list[tuple[str, str]]:
    """The same with their labels, "" for none."""
    return [(number, label) for number, label in _NUMBERS.all()]


def is_own_number(number: str) -> bool:
    """Whether this is one of the account's own public numbers (universal format)."""
    return _OWN_NUMBER.first(number=number) is not None


def find_did(number: str) -> Did | None:
    """The account's own public number (universal format), or None."""
    return db.session.scalar(select(Did).where(Did.number == number))
