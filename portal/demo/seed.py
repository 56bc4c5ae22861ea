"""Making the demo's companies on an empty installation; what is there already is left alone."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

from portal.accounts import services
from portal.accounts.models import Account
from portal.accounts.passwords import hash_password
from portal.accounts.roles import Role
from portal.accounts.zone import account_zone, billing_zone
from portal.billing.ledger import local_day, post
from portal.billing.models import AccountPlan, EntryKind, Tariff, TariffRate, TariffVersion
from portal.billing.plans import version_on
from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.contacts.queries import crm_users
from portal.demo.chapter import Chapter
from portal.demo.companies import COMPANIES, OPERATOR, Company
from portal.demo.history import Cast, Somebody, moments, past_call
from portal.demo.papers import tell_buyer, tell_seller
from portal.demo.postings import PriceBook, Purse
from portal.demo.tapes import TapeShelf, shelve
from portal.followups.keeping import recall
from portal.kernel.clock import now
from portal.kernel.db import db, dialect, transaction
from portal.routing.services import set_receivers
from portal.telephony.engine import CallKind
from portal.telephony.models import Did, SandboxPhone, SipLine

_REMEMBERED = timedelta(days=2)
"""Who was missed before that has been called back somehow."""
_PRICES_SINCE = date(2020, 1, 1)


def is_settled(app: Flask) -> bool:
    """Whether the demo's companies are there already."""
    with app.app_context(), transaction(writes=False):
        return db.session.scalar(select(Account.id).limit(1)) is not None


def settle(app: Flask, password: str, calls: int) -> None:
    """Both companies with their people, lines and past; `calls` go to the first, a tenth as many to the second."""
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        vault = app.extensions["portal.vault"]
        # Whoever shows the demo to others may choose an easy one.
        hashed = hash_password(password)
        with transaction():
            _price_list()
            tell_seller()
            services.add_hashed_user(OPERATOR.email, OPERATOR.name, hashed, is_operator=True)
        shelf = TapeShelf(Path(folder)) if calls else None
        for company, share in zip(COMPANIES, (calls, calls // 10), strict=True):
            account_id = services.open_account(vault, company.name)
            with transaction():
                for person in company.people:
                    services.add_hashed_user(person.email, person.name, hashed)
                    services.add_member(account_id, person.email, Role(person.role))
            with transaction(account_id):
                db.session.execute(update(AccountPlan).values(valid_from=_PRICES_SINCE))
                _furnish(company)
                tell_buyer(company.name)
            with transaction(account_id):
                _remember(app, company, share, shelf)


def _price_list() -> None:
    version = TariffVersion(valid_from=_PRICES_SINCE, monthly_fee=Decimal(0), included=Decimal(0), created_by="portal")
    rates = (
        (CallKind.INCOMING, "", "Входящие", "0.60"),
        (CallKind.OUTGOING, "7", "Россия", "1.80"),
        (CallKind.OUTGOING, "7495", "Москва", "1.20"),
        (CallKind.OUTGOING, "79", "Мобильные", "2.10"),
        (CallKind.OUTGOING, "", "Остальной мир", "14.50"),
    )
    version.rates = [
        TariffRate(kind=kind, prefix=prefix, name=name, price=Decimal(price)) for kind, prefix, name, price in rates
    ]
    db.session.add(Tariff(name="Стандарт1", is_default=True, versions=[version]))


def _furnish(company: Company) -> None:
    """Numbers, phones, CRM users with their SIP accounts, the address book, the receivers of new contacts."""
    db.session.add_all(Did(number=number, label=label) for number, label in company.dids)
    for name in company.unmapped:
        db.session.add(CrmUser(name=name))
    users: dict[str, CrmUser] = {}
    for phone in company.phones:
        line = SipLine(name=phone.name, label="")
        db.session.add(line)
        db.session.flush()
        low, high = phone.after
        db.session.add(
            SandboxPhone(sip_line_id=line.id, behaviour=phone.behaviour, after_seconds_min=low, after_seconds_max=high)
        )
        if phone.crm_user is not None:
            users[phone.crm_user] = CrmUser(name=phone.crm_user, sip_line_id=line.id)
            db.session.add(users[phone.crm_user])
    db.session.flush()
    for person in company.contacts:
        owner = users.get(person.crm_user or "")
        contact = Contact(name=person.name, company=person.company, crm_user_id=owner.id if owner else None)
        contact.numbers = [ContactNumber(number=person.number)]
        db.session.add(contact)
    set_receivers([users[name].id for name in company.receivers])


def _remember(app: Flask, company: Company, count: int, shelf: TapeShelf | None) -> None:
    """The past of a company, and the money that is left of it."""
    if count and shelf is not None:
        names = {user.sip_line.name: user.name for user in crm_users() if user.sip_line}
        cast = Cast(
            [number for number, _label in company.dids],
            [Somebody(phone.name, names.get(phone.name)) for phone in company.phones if phone.behaviour != "offline"],
            [Somebody(contact.number, contact.name) for contact in company.contacts],
        )
        chance = random.Random(company.name)
        zone = account_zone()
        past = [past_call(moment, cast, chance) for moment in moments(count, now(), zone, chance)]
        prices = PriceBook(version_on(local_day(now())))
        chapter = Chapter(past, prices, Purse(billing_zone()), zone, dialect(), has_recording=True)
        shelve(app, shelf, past, chapter.write().calls)
        recall(now() - _REMEMBERED)
    post(EntryKind.PAYMENT, "demo-opening", Decimal(company.balance), text="Оплата по счёту № 1")
