"""A company of its own for one journey, opened in the running demo: nobody else calls it or changes it."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path

from flask import Flask

from portal.accounts import api_keys
from portal.accounts.roles import Role
from portal.accounts.services import add_member, add_user, open_account
from portal.app import create_app
from portal.billing.services import credit
from portal.contacts.services import add_crm_user, map_crm_users
from portal.kernel.config import load_settings
from portal.kernel.db import transaction
from portal.routing.models import HuntStrategy
from portal.routing.services import set_receivers, set_strategy
from portal.telephony.lines import add_did, add_sip_line
from portal.telephony.sandbox_lines import set_sandbox_phone
from tests.people import PASSWORD

PHONES = {"SIP/00000000901": "no_answer", "SIP/00000000902": "answers", "SIP/00000000903": "answers"}
VERA, GLEB, IGOR = "Вера Зимина", "Глеб Осин", "Игорь"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Company:
    """An account with three phones and three CRM users: Вера, who never answers, Глеб, and Игорь, who has no phone yet.

    Глеб and then Вера take the calls of new contacts, both at once.
    """

    app: Flask
    account_id: int
    admin: str
    """The e-mail of its admin."""
    did: str

    def key(self) -> str:
        """The key for the CRM."""
        with self.app.app_context(), transaction(self.account_id):
            return api_keys.reveal_api_key(self.app.extensions["portal.vault"])


def app_beside(data: Path) -> Flask:
    """An app on the installation of this folder, as every `portal` command is."""
    return create_app(load_settings({"PORTAL_DATA": str(data)}), "command")


def found_company(app: Flask) -> Company:
    """A new company with an admin whose password is `PASSWORD`."""
    number = next(_numbers)
    admin, did = f"admin@company-{number}.example", f"7495700{number:04}"
    with app.app_context():
        account_id = open_account(app.extensions["portal.vault"], f"ООО «Компания {number}»")
        with transaction():
            add_user(admin, "Мария Тестова", PASSWORD)
            add_member(account_id, admin, Role.ADMIN)
        with transaction(account_id):
            _furnish(did)
    return Company(app, account_id, admin, did)


def _furnish(did: str) -> None:
    add_did(did, "Офис")
    lines = {name: add_sip_line(name).id for name in PHONES}
    for name, habit in PHONES.items():
        set_sandbox_phone(lines[name], habit, (1, 1))
    vera, gleb, _igor = (add_crm_user(name).id for name in (VERA, GLEB, IGOR))
    map_crm_users({vera: lines["SIP/00000000901"], gleb: lines["SIP/00000000903"]})
    set_receivers([gleb, vera])
    set_strategy(HuntStrategy.SIMULTANEOUS, ring_seconds=15, rounds=1, total_seconds=60)
    credit(Decimal("500.00"), "opening", "Оплата по счёту № 1")
