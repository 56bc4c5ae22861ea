"""The company's details, as its admin writes them, and the seller's, as the operator does."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.invoicing.feature import desk, invoicing
from portal.invoicing.parties import queries, services
from portal.invoicing.parties.details import DetailsRefused
from portal.invoicing.parties.forms import BuyerForm, PartyForm, SellerForm
from portal.kernel.errors import Conflict
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.forms import row_id


@invoicing.get("/profile/company", needs=Permission.SEE_MONEY)
def company() -> ResponseReturnValue:
    return _company_page(BuyerForm.of(queries.buyer()))


@invoicing.post("/profile/company", needs=Permission.MANAGE_COMPANY)
def set_company() -> ResponseReturnValue:
    form = BuyerForm()
    try:
        services.set_buyer(form.data, row_id(form.revision.data) or 0)
    except (DetailsRefused, Conflict) as error:
        return _company_page(form, _refused(form, error))
    words = _("The details are saved: new papers will have them.")
    return htmx.done(words, back_to=url_for("invoicing.company"))


@desk.get("/seller", needs=Permission.OPERATE)
def seller() -> ResponseReturnValue:
    return _seller_page(SellerForm.of(queries.seller()))


@desk.post("/seller", needs=Permission.OPERATE, needs_fresh=True)
def set_seller() -> ResponseReturnValue:
    form = SellerForm()
    if not form.validate():
        return _seller_page(form, 422)
    try:
        services.set_seller(form.data, row_id(form.revision.data) or 0)
    except (DetailsRefused, Conflict) as error:
        return _seller_page(form, _refused(form, error))
    words = _("The details are saved: new papers will have them.")
    return htmx.done(words, back_to=url_for("invoicing_desk.seller"))


def _refused(form: PartyForm, error: DetailsRefused | Conflict) -> int:
    """The status; what was typed stays, and what somebody else saved is what the next save replaces, knowingly."""
    if isinstance(error, DetailsRefused):
        form.refuse_all(error)
        return 422
    form.form_errors.append(error.message)
    return 409


def _company_page(form: BuyerForm, status: int = 200) -> ResponseReturnValue:
    saved = queries.buyer()
    if status == 409 and saved is not None:
        form.revision.data = str(saved.revision)
    return htmx.render("invoicing/company.html", status=status, form=form, saved=saved)


def _seller_page(form: SellerForm, status: int = 200) -> ResponseReturnValue:
    saved = queries.seller()
    if status == 409 and saved is not None:
        form.revision.data = str(saved.revision)
    return htmx.render("invoicing/seller.html", status=status, form=form, saved=saved)
