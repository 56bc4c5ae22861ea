"""Paying by card: begun here, paid at the service, and the page to which the payer returns."""

from __future__ import annotations

from flask import Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.accounts.door import vault
from portal.invoicing.cards import asking, services
from portal.invoicing.cards.forms import ShopForm
from portal.invoicing.cards.gateway import Told
from portal.invoicing.cards.models import CardPayment, CardShop, CardState, Provider
from portal.invoicing.feature import desk, invoicing
from portal.invoicing.topping_up.forms import TopUpForm
from portal.invoicing.topping_up.views import page as top_up_page
from portal.kernel.db import db, transaction
from portal.kernel.errors import Forbidden, PortalError, Refused, Unavailable
from portal.kernel.i18n import gettext as _
from portal.kernel.tenancy import current_account_id
from portal.web import htmx
from portal.web.access import Permission
from portal.web.addresses import public_root, public_url


@invoicing.post("/top-up/card", needs=Permission.MANAGE_COMPANY, needs_fresh=True, writes=False)
def pay_by_card() -> ResponseReturnValue:
    form = TopUpForm()
    if not form.validate():
        return top_up_page(form, 422)
    try:
        provider = _provider()
        with transaction(current_account_id()):
            payment = services.begin(form.parsed(), provider)
        if provider == Provider.YOOKASSA:
            _tell(payment)
    except Refused as error:
        form.refuse(error)
        return top_up_page(form, 422)
    return htmx.go_to(url_for("invoicing.card_payment", reference=payment.reference, go=1))


@invoicing.get("/top-up/card/<string:reference>", needs=Permission.SEE_MONEY)
def card_payment(reference: str) -> ResponseReturnValue:
    """How a payment stands. Straight after it was begun (`?go=1`) the browser is sent on to where it is paid:
    by this page and not by the form's answer, since forms of ours lead to nobody else's address (`form-action`).
    """
    payment, is_told = _looked_at(reference)
    response = htmx.render("invoicing/card_payment.html", payment=payment, is_told=is_told)
    if request.args.get("go") and payment.state == CardState.PENDING and payment.confirmation_url:
        response.headers["Refresh"] = f"0; url={payment.confirmation_url}"
    return response


@invoicing.post(
    "/top-up/card/<string:reference>/again", needs=Permission.MANAGE_COMPANY, needs_fresh=True, writes=False
)
def pay_again(reference: str) -> ResponseReturnValue:
    """Tells the service of a payment that it did not answer for: by the same key, so that it is one."""
    payment = services.find_payment(reference)
    if payment.state == CardState.NEW and payment.provider == Provider.YOOKASSA:
        _tell(payment)
    return htmx.go_to(url_for("invoicing.card_payment", reference=reference, go=1))


@invoicing.post("/top-up/card/<string:reference>/sandbox", needs=Permission.MANAGE_COMPANY, needs_fresh=True)
def sandbox(reference: str) -> ResponseReturnValue:
    """The demo's stand-in for the bank's page: pays, or refuses to."""
    payment = services.find_payment(reference, locks=True)
    if payment.provider != Provider.SANDBOX or not _is_demo():
        raise Forbidden(_("Payments are credited by your provider."))
    status = "canceled" if request.form.get("act") == "refuse" else "succeeded"
    services.settle(reference, Told(f"sandbox-{reference}", reference, status, payment.amount, reason="sandbox"))
    return htmx.go_to(url_for("invoicing.card_payment", reference=reference))


@desk.get("/card-payments", needs=Permission.OPERATE)
def shop() -> ResponseReturnValue:
    return _shop_page(ShopForm.of(db.session.scalar(select(CardShop))))


@desk.post("/card-payments", needs=Permission.OPERATE, needs_fresh=True)
def set_shop() -> ResponseReturnValue:
    form = ShopForm()
    if form.is_overtaken(ShopForm.of(db.session.scalar(select(CardShop).with_for_update()))):
        return _shop_page(form, 409)
    try:
        services.set_shop(
            vault(),
            form.shop_id.data or "",
            form.secret.data or "",
            is_on=form.is_on.data,
            receipts=form.receipts(),
        )
    except Refused as error:
        form.refuse(error)
        return _shop_page(form, 422)
    return htmx.done(_("The shop is saved."), back_to=url_for("invoicing_desk.shop"))


def _provider() -> Provider:
    if asking.is_open():
        return Provider.YOOKASSA
    if _is_demo():
        return Provider.SANDBOX
    raise Forbidden(_("Payments by card are not set up here."))


def _tell(payment: CardPayment) -> None:
    """A service that does not answer is told on the payment's page, with a button that tries again."""
    root = public_root()
    return_url = root + url_for("invoicing.card_payment", reference=payment.reference)
    try:
        asking.create(payment.account_id, payment, return_url)
    except Unavailable as error:
        htmx.say(error.message, "error")


def _looked_at(reference: str) -> tuple[CardPayment, bool]:
    """The payment, the service asked before where it may know more; whether it answered."""
    payment = services.find_payment(reference)
    if payment.state != CardState.PENDING or payment.provider != Provider.YOOKASSA:
        return payment, True
    try:
        asking.refresh(payment.account_id, reference)
    except PortalError:
        return payment, False
    with transaction(payment.account_id, writes=False):
        return services.find_payment(reference), True


def _is_demo() -> bool:
    return bool(current_app.extensions["portal.settings"].is_demo)


def _shop_page(form: ShopForm, status: int = 200) -> Response:
    kept = db.session.scalar(select(CardShop))
    notice_url = public_url("card_notices.receive")
    return htmx.render("invoicing/shop.html", status=status, form=form, kept=kept, notice_url=notice_url)
