"""Forms about papers."""

from __future__ import annotations

from datetime import date

from wtforms import StringField
from wtforms.validators import InputRequired, Optional

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm, DayField


class PeriodForm(BaseForm):
    """From one day to another, both within."""

    first = DayField(_l("From"), [InputRequired(_l("Choose a day."))])
    last = DayField(_l("To"), [InputRequired(_l("Choose a day."))])

    def days(self) -> tuple[date, date]:
        """Both days of a valid form."""
        first, last = self.first.data, self.last.data
        if first is None or last is None:
            raise Refused(_("Choose a day."), "first")
        return first, last


class ReceiptForm(BaseForm):
    """Money that came for a bill."""

    amount = StringField(_l("Amount"), [InputRequired(_l("Enter an amount."))], render_kw={"inputmode": "decimal"})
    order_number = StringField(
        _l("Payment order no."), [InputRequired(_l("Fill in this field."))], render_kw={"maxlength": "20"}
    )
    paid_on = DayField(_l("Day of the payment"), [Optional()])
