"""The forms of details. What is typed is kept as it is; the services take it apart and say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Optional

from portal.invoicing.parties.details import VAT_PERCENTS, DetailsRefused
from portal.invoicing.parties.models import BuyerDetails, SellerDetails
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm, DayField

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_DIGITS = {**_PLAIN, "inputmode": "numeric"}


def _line(label: Any, **attributes: str) -> StringField:
    return StringField(label, render_kw={**_PLAIN, **attributes})


class PartyForm(BaseForm):
    """What both sides have."""

    form = RadioField(
        _l("Legal form"),
        choices=[
            SelectChoice("company", _l("A company")),
            SelectChoice("entrepreneur", _l("An entrepreneur")),
        ],
        default="company",
        validate_choice=False,
    )
    name = _line(_l("Name, as it stands in papers"), maxlength="250")
    inn = StringField(_l("INN"), render_kw=_DIGITS)
    kpp = StringField(_l("KPP"), render_kw=_PLAIN)
    ogrn = StringField(_l("OGRN or OGRNIP"), render_kw=_DIGITS)
    address = _line(_l("Legal address"), maxlength="300")
    revision = HiddenField(default="0")

    def refuse_all(self, error: DetailsRefused) -> None:
        """Puts each refusal at its field."""
        for refusal in error.refusals:
            self.refuse(refusal)


class BuyerForm(PartyForm):
    """The account's company."""

    signatory = _line(_l("Who signs for you"), maxlength="100")
    papers_email = StringField(
        _l("E-mail for papers"), render_kw={"inputmode": "email", "autocomplete": "email", "spellcheck": "false"}
    )

    @classmethod
    def of(cls, details: BuyerDetails | None) -> BuyerForm:
        """The form as the details are."""
        return cls(formdata=None, data=_data(details, ("signatory", "papers_email")))


class SellerForm(PartyForm):
    """The operator's company with its bank and the people who sign."""

    bank_name = _line(_l("Bank"), maxlength="150")
    bik = StringField(_l("BIK"), render_kw=_DIGITS)
    bank_account = StringField(_l("Account"), render_kw=_DIGITS)
    correspondent_account = StringField(_l("Correspondent account"), render_kw=_DIGITS)
    director_title = _line(_l("Title of the head"), maxlength="100")
    director_name = _line(_l("Name of the head"), maxlength="100")
    accountant_name = _line(_l("Chief accountant"), maxlength="100")
    vat = SelectField(_l("VAT within the prices"), validate_choice=False)
    papers = RadioField(
        _l("Papers of a closed month"),
        choices=[
            SelectChoice("act", _l("An act, and with VAT an invoice")),
            SelectChoice("transfer", _l("One UPD for both")),
        ],
        default="act",
        validate_choice=False,
    )
    papers_since = DayField(_l("First month with papers"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vat.choices = [
            ("none", _("No VAT")),
            *((str(each), f"{each}\N{NO-BREAK SPACE}%") for each in VAT_PERCENTS),
        ]

    @classmethod
    def of(cls, details: SellerDetails | None) -> SellerForm:
        """The form as the details are."""
        names = ("bank_name", "bik", "bank_account", "correspondent_account")
        data = _data(details, (*names, "director_title", "director_name", "accountant_name"))
        if details is not None:
            data["vat"] = "none" if details.vat_percent is None else str(details.vat_percent)
            data["papers_since"] = details.papers_since
            data["papers"] = "transfer" if details.has_transfer_document else "act"
        return cls(formdata=None, data=data)


def _data(details: BuyerDetails | SellerDetails | None, further: Sequence[str]) -> dict[str, Any]:
    if details is None:
        return {"revision": "0"}
    data = {name: getattr(details, name) for name in ("name", "inn", "kpp", "ogrn", "address", *further)}
    return {
        **data,
        "form": "company" if details.is_company else "entrepreneur",
        "revision": str(details.revision),
    }
