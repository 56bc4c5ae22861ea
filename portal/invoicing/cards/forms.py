"""The operator's shop at YooKassa."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.invoicing.cards.models import CardShop
from portal.invoicing.cards.receipts import MODES, SUBJECTS, TAX_SYSTEMS, VAT_CODES, ReceiptRules
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.editing import EditForm
from portal.web.forms import SecretField, row_id


def _choices(words: Mapping[Any, str]) -> list[SelectChoice]:
    return [SelectChoice(str(code), word) for code, word in words.items()]


class ShopForm(EditForm):
    """Shop id and secret key. The key is never shown again; an empty field keeps it."""

    shop_id = StringField(_l("Shop id (shopId)"), render_kw={"autocomplete": "off", "inputmode": "numeric"})
    secret = SecretField(_l("Secret key"), render_kw={"autocomplete": "new-password"})
    is_on = BooleanField(_l("Take payments by card"))
    sends_receipts = BooleanField(_l("YooKassa makes the receipts (54-FZ)"))
    vat_code = SelectField(_l("VAT in the receipt"), choices=_choices(VAT_CODES))
    tax_system = SelectField(_l("Tax system"), choices=[SelectChoice("", "–"), *_choices(TAX_SYSTEMS)])
    subject = SelectField(_l("What is paid for"), choices=_choices(SUBJECTS))
    mode = SelectField(_l("Way of payment"), choices=_choices(MODES))

    def receipts(self) -> ReceiptRules | None:
        """What was chosen of receipts; None for no receipts."""
        if not self.sends_receipts.data:
            return None
        system = self.tax_system.data or ""
        return ReceiptRules(
            row_id(self.vat_code.data) or 0,
            (row_id(system) or 0) if system else None,
            self.subject.data or "",
            self.mode.data or "",
        )

    @classmethod
    def of(cls, shop: CardShop | None) -> ShopForm:
        """As the shop is kept; the receipts as an advance is made out where none are."""
        rules = ReceiptRules(**(shop.receipts or {"vat_code": 1})) if shop else ReceiptRules(1)
        data = {
            "shop_id": shop.shop_id if shop else "",
            "is_on": shop.is_on if shop else True,
            "sends_receipts": bool(shop and shop.receipts),
            "vat_code": str(rules.vat_code),
            "tax_system": str(rules.tax_system or ""),
            "subject": rules.subject,
            "mode": rules.mode,
        }
        return cls(formdata=None, data=data).as_saved()
