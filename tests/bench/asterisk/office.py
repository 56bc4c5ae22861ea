"""Twenty companies on one switch, fifteen phones each, all of which ring at sipp."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from portal.accounts.services import open_account
from portal.contacts.models import CrmUser
from portal.kernel.db import transaction
from portal.routing.models import HuntStrategy
from portal.routing.queries import new_contact_group
from portal.routing.services import set_receivers
from portal.telephony.lines import add_did, add_sip_line

COMPANIES, PHONES = 20, 15

_PHONE = """
[{name}](phone)
aors = {name}
[{name}]
type = aor
contact = sip:{name}@127.0.0.1:{port}
"""


def furnish(app: Flask) -> list[str]:
    """Makes the companies; answers their public numbers. The strategy is the one that writes: round robin."""
    return [_furnish(app, number) for number in range(COMPANIES)]


def sections(port: int) -> str:
    """The phones for `pjsip.conf`."""
    return "".join(
        _PHONE.format(name=_phone(company, each), port=port) for company in range(COMPANIES) for each in range(PHONES)
    )


def _furnish(app: Flask, number: int) -> str:
    line = f"7495100{number:04}"
    with app.app_context():
        account_id = open_account(app.extensions["portal.vault"], f"Company {number}")
        with transaction(account_id) as session:
            add_did(line)
            for each in range(PHONES):
                sip_line = add_sip_line(_phone(number, each))
                session.add(CrmUser(name=f"User {each}", sip_line_id=sip_line.id))
            session.flush()
            set_receivers(list(session.scalars(select(CrmUser.id).order_by(CrmUser.id))))
            new_contact_group().strategy = HuntStrategy.ROUND_ROBIN
    return line


def _phone(company: int, number: int) -> str:
    return f"{company:03}{number:03}"
