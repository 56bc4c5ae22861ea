"""Which phone is a person's own: the one from which the person called last. Nobody's is rung by a guess."""

from __future__ import annotations

from sqlalchemy import select

from portal.calls.models import OwnPhone
from portal.kernel.db import db, upsert
from portal.telephony.models import SipLine
from portal.telephony.queries import find_sip_line


def own_phone(user_id: int) -> str:
    """The name of the SIP account; "" for somebody who has not called from here yet."""
    query = select(SipLine.name).join(OwnPhone, OwnPhone.sip_line_id == SipLine.id)
    return db.session.scalar(query.where(OwnPhone.user_id == user_id)) or ""


def remember_phone(user_id: int, name: str) -> None:
    """The person called from this one."""
    line = find_sip_line(name)
    if line is not None:
        row = {"user_id": user_id, "sip_line_id": line.id}
        upsert(OwnPhone, row, key=["account_id", "user_id"], change={"sip_line_id": line.id})
