"""Card payments: begun, and settled by what the service says when it is asked. Each is posted once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import select

from portal.accounts.audit import audit
from portal.billing.ledger import post
from portal.billing.models import EntryKind
from portal.billing.services import LARGEST_PAYMENT, credit
from portal.invoicing.cards.gateway import Told
from portal.invoicing.cards.models import CardPayment, CardShop, CardState, Provider
from portal.invoicing.cards.receipts import ReceiptRules, checked_rules, receipt_of
from portal.invoicing.parties.queries import buyer
from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import ZERO
from portal.kernel.secrets import Vault

log = structlog.get_logger(__name__)

CHANGED = "balance-changed"
SMALLEST_PAYMENT = Decimal(1)
_KEY_LASTS = timedelta(hours=23)
"""YooKassa remembers an idempotence key for a day."""
_FIRST_CHECK, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
_REFUNDS_SEEN_FOR = timedelta(days=2)


def begin(amount: Decimal, provider: Provider) -> CardPayment:
    """A payment of the entered account that the service does not know of yet. Raises `Refused`."""
    if not SMALLEST_PAYMENT <= amount <= LARGEST_PAYMENT:
        raise Refused(_("By card you pay from one to one million."), "amount")
    payment = CardPayment(
        reference=str(uuid.uuid4()),
        provider=provider,
        amount=amount,
        refunded=ZERO,
        receipt=_receipt(amount) if provider is Provider.YOOKASSA else None,
        asked_by=current_actor().name,
        check_at=now() + _FIRST_CHECK,
    )
    db.session.add(payment)
    db.session.flush()
    audit("card-payment.begin", payment.reference, after={"amount": str(amount)})
    return payment


def find_payment(reference: str, *, locks: bool = False) -> CardPayment:
    """A payment of the entered account. Raises `NotFound`."""
    query = select(CardPayment).where(CardPayment.reference == reference)
    if locks:
        query = query.with_for_update().execution_options(populate_existing=True)
    payment = db.session.scalar(query)
    if payment is None:
        raise NotFound
    return payment


def settle(reference: str, told: Told) -> CardPayment:
    """Takes over what the service said of a payment of the entered account, as often and in whatever order it comes.

    What does not fit the payment (another one's name, another sum) is refused and changes nothing.
    """
    payment = find_payment(reference, locks=True)
    if (
        told.reference != reference
        or told.amount != payment.amount
        or payment.provider_id not in (None, told.provider_id)
    ):
        log.error("card_payment_does_not_fit", payment=reference)
        raise Refused(_("What the payment service says does not fit this payment. Nothing was changed."))
    payment.provider_id = told.provider_id
    if told.confirmation_url and payment.confirmation_url is None:
        payment.confirmation_url = told.confirmation_url
    _note_receipt(payment, told.receipt_state)
    if told.status == "succeeded":
        _succeed(payment)
        _refund(payment, told.refunded)
    elif payment.state in (CardState.NEW, CardState.PENDING):
        _turn(payment, CardState.CANCELED if told.status == "canceled" else CardState.PENDING, told.reason)
    payment.check_at = _next_check(payment)
    return payment


def give_up(payment: CardPayment) -> bool:
    """Whether a payment that the service never heard of is too old to be asked for again; it is cancelled then."""
    is_over = payment.state == CardState.NEW and payment.created_at < now() - _KEY_LASTS
    if is_over:
        _turn(payment, CardState.CANCELED, "expired_before_confirmation")
    return is_over


def put_off(payment: CardPayment) -> None:
    """The service did not answer: asked again later."""
    payment.check_at = _next_check(payment)


def set_shop(vault: Vault, shop_id: str, secret: str, *, is_on: bool, receipts: ReceiptRules | None = None) -> CardShop:
    """The shop from now on; an empty secret keeps the one that is there. `receipts` says how its cash register makes
    out receipts, None that it makes none. Raises `Refused`.
    """
    shop_id, secret = shop_id.strip(), secret.strip()
    shop = db.session.scalar(select(CardShop).with_for_update())
    if not (shop_id.isascii() and shop_id.isdigit() and len(shop_id) <= 32):
        raise Refused(_("A shop id consists of digits."), "shop_id")
    if not secret and shop is None:
        raise Refused(_("Enter the secret key of the shop."), "secret")
    if not secret.isascii() or len(secret) > 200:
        raise Refused(_("This is not a secret key of YooKassa."), "secret")
    if shop is None:
        shop = CardShop(id=1)
        db.session.add(shop)
    shop.shop_id, shop.is_on = shop_id, is_on
    shop.receipts = checked_rules(receipts).kept() if receipts is not None else None
    if secret:
        shop.sealed_secret = vault.seal(secret)
    shop.changed_by, shop.changed_at = current_actor().name, now()
    db.session.flush()
    return shop


def _receipt(amount: Decimal) -> dict[str, Any] | None:
    rules = db.session.scalar(select(CardShop.receipts))
    return receipt_of(rules, amount, current_actor().name, buyer()) if rules else None


def _note_receipt(payment: CardPayment, state: str) -> None:
    """One that the cash register could not make is the operator's to make by hand."""
    if state and payment.receipt_state != state:
        payment.receipt_state = state
        if state == "canceled":
            log.error("card_receipt_refused", payment=payment.reference)
            audit("card-payment.receipt-refused", payment.reference)


def _succeed(payment: CardPayment) -> None:
    if payment.state == CardState.SUCCEEDED:
        return
    _turn(payment, CardState.SUCCEEDED)
    credit(payment.amount, f"card-{payment.reference}", _("Payment by card"))


def _refund(payment: CardPayment, refunded: Decimal) -> None:
    """Money that went back to the card since it was last heard of."""
    more = min(refunded, payment.amount) - payment.refunded
    if more <= ZERO:
        return
    payment.refunded += more
    source = f"card-{payment.reference}-r{payment.refunded:.2f}"
    post(EntryKind.PAYMENT, source, -more, text=_("Refund to the card"))
    audit("card-payment.refund", payment.reference, after={"refunded": str(payment.refunded)})


def _turn(payment: CardPayment, state: CardState, reason: str = "") -> None:
    if payment.state == state:
        return
    audit("card-payment.state", payment.reference, before={"state": payment.state}, after={"state": state})
    payment.state, payment.reason = state, reason
    if state in (CardState.SUCCEEDED, CardState.CANCELED):
        payment.settled_at = now()
    announce(CHANGED)


def _next_check(payment: CardPayment) -> datetime:
    """Soon while it is young, then ever more seldom; a payment that succeeded for two days, in case it is refunded."""
    moment = now()
    if payment.state == CardState.CANCELED:
        return moment + timedelta(days=36_500)
    if payment.state == CardState.SUCCEEDED:
        is_watched = payment.settled_at is not None and payment.settled_at > moment - _REFUNDS_SEEN_FOR
        return moment + (timedelta(hours=6) if is_watched else timedelta(days=36_500))
    return moment + max(_FIRST_CHECK, min((moment - payment.created_at) / 2, _LONGEST_PAUSE))
