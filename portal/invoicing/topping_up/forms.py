"""How much to pay in."""

from __future__ import annotations

from decimal import Decimal

from wtforms import StringField
from wtforms.validators import InputRequired

from portal.kernel.errors import Refused
from portal.kernel.i18n import lazy_gettext as _l
from portal.kernel.money import parse_amount
from portal.web.forms import BaseForm


class TopUpForm(BaseForm):
    """How much to pay in, by whichever way."""

    amount = StringField(
        _l("Amount"),
        [InputRequired(_l("Enter an amount."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )

    def parsed(self) -> Decimal:
        """The amount. Raises `Refused` at the field."""
        try:
            return parse_amount(self.amount.data or "")
        except Refused as error:
            error.field = "amount"
            raise
