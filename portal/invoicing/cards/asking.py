"""Asking the service, outside of any transaction, and taking over its answer in one: of pages, notices, the watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import Flask, current_app
from sqlalchemy import or_, select

from portal.invoicing.cards import services
from portal.invoicing.cards.gateway import Gateway, Told, Wish
from portal.invoicing.cards.models import CardPayment, CardShop, CardState, Provider
from portal.invoicing.cards.yookassa import YooKassa
from portal.kernel.clock import now
from portal.kernel.config import Settings
from portal.kernel.db import db, transaction
from portal.kernel.errors import PortalError, Unavailable
from portal.kernel.i18n import gettext as _
from portal.kernel.jobs import Periodic
from portal.kernel.secrets import Vault

log = structlog.get_logger(__name__)

_SEES_ALL = "a card payment that its service speaks of, or that is to be asked for"
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A payment of some account."""

    account_id: int
    reference: str
    provider_id: str | None


def gateway() -> Gateway:
    """The shop's service. Raises `Unavailable` where the operator has named none."""
    settings: Settings = current_app.extensions["portal.settings"]
    vault: Vault = current_app.extensions["portal.vault"]
    with transaction(writes=False):
        shop = db.session.scalar(select(CardShop))
    if shop is None:
        raise Unavailable(_("Payments by card are not set up here."))
    secret = vault.open(shop.sealed_secret)
    return YooKassa(current_app.extensions["portal.http"], settings.yookassa_url, shop.shop_id, secret)


def is_open() -> bool:
    """Whether new payments by card are taken."""
    return db.session.scalar(select(CardShop.id).where(CardShop.is_on)) is not None


def create(account_id: int, payment: CardPayment, return_url: str) -> None:
    """Tells the service of a payment and keeps what it answered. Raises `Unavailable`, `Refused`."""
    words = _("Top-up of account %(number)s", number=account_id)
    told = gateway().create(Wish(payment.reference, payment.amount, words, return_url, payment.receipt))
    with transaction(account_id):
        services.settle(payment.reference, told)


def refresh(account_id: int, reference: str) -> None:
    """Asks how a payment stands and takes it over. Raises `Unavailable`, `Refused`, `NotFound`."""
    with transaction(account_id, writes=False):
        payment = services.find_payment(reference)
    if payment.provider_id is None or payment.provider != Provider.YOOKASSA:
        return
    _take_over(account_id, reference, gateway().find(payment.provider_id))


def heard(provider_id: str, reference: str) -> None:
    """A notice names a payment. Only the service's own answer counts: it is asked. What nobody knows is passed over.

    Raises `Unavailable`: the notice is to come again.
    """
    named = _named(provider_id, reference)
    if named is None:
        log.info("card_notice_of_no_payment")
        return
    try:
        told = gateway().find(provider_id)
        _take_over(named.account_id, named.reference, told)
    except Unavailable:
        raise
    except PortalError as error:
        log.warning("card_notice_refused", payment=named.reference, code=error.code)


def watch(_app: Flask) -> None:
    """Asks for each payment whose notice may have been lost."""
    with transaction(everything=_SEES_ALL, writes=False):
        due = db.session.execute(
            select(CardPayment.account_id, CardPayment.reference, CardPayment.provider_id)
            .where(
                CardPayment.state != CardState.CANCELED,
                CardPayment.provider == Provider.YOOKASSA,
                CardPayment.check_at <= now(),
            )
            .order_by(CardPayment.check_at)
            .limit(_AT_ONCE)
        ).all()
    for account_id, reference, provider_id in due:
        _look(Named(account_id, reference, provider_id))


def _look(named: Named) -> None:
    try:
        if named.provider_id is not None:
            refresh(named.account_id, named.reference)
            return
    except PortalError as error:
        log.warning("card_payment_not_told", payment=named.reference, code=error.code)
    with transaction(named.account_id):
        payment = services.find_payment(named.reference, locks=True)
        if not services.give_up(payment):
            services.put_off(payment)


def _take_over(account_id: int, reference: str, told: Told) -> None:
    with transaction(account_id):
        services.settle(reference, told)


def _named(provider_id: str, reference: str) -> Named | None:
    """By the service's name, or by ours where the notice was quicker than the answer that told the name."""
    with transaction(everything=_SEES_ALL, writes=False):
        row = db.session.execute(
            select(CardPayment.account_id, CardPayment.reference, CardPayment.provider_id).where(
                or_(
                    CardPayment.provider_id == provider_id,
                    (CardPayment.reference == reference) & CardPayment.provider_id.is_(None),
                ),
                CardPayment.provider == Provider.YOOKASSA,
            )
        ).first()
    return Named(*row) if row is not None else None


WATCH = Periodic("card-payments", lambda: _("Asking how card payments went"), timedelta(seconds=30), watch)
"""For payments whose notices were lost."""
