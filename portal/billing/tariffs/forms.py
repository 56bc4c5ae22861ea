"""Forms of tariffs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wtforms import DateField, FileField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.kernel.money import parse_amount
from portal.web.forms import BaseForm


class VersionForm(BaseForm):
    """What a tariff costs from a day on; `name` where the tariff itself is new."""

    name = StringField(_l("Name of the tariff"), render_kw={"maxlength": "100", "autocomplete": "off"})
    valid_from = DateField(_l("In force from"), [InputRequired(_l("Choose a day."))])
    monthly_fee = StringField(_l("Monthly fee"), render_kw={"inputmode": "decimal"}, default="0")
    included = StringField(_l("Included in it, for calls"), render_kw={"inputmode": "decimal"}, default="0")
    rates = TextAreaField(_l("Rates"), render_kw={"rows": "14", "spellcheck": "false", "class": "mono"})
    file = FileField(_l("Or a file"), render_kw={"accept": ".csv,text/csv,text/plain"})
    after = HiddenField(default="0")

    def amount(self, name: str) -> Decimal:
        """The sum in a field. Raises `Refused`, at the field."""
        try:
            return parse_amount(self[name].data or "0")
        except Refused as error:
            error.field = name
            raise

    def price_list(self) -> str:
        """The text of the file, where one was given, otherwise what was typed; the field then holds it."""
        upload: Any = self.file.data
        if upload:
            try:
                self.rates.data = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise Refused(_("Save the file as CSV in UTF-8."), "file") from None
        return self.rates.data or ""


class AssignForm(BaseForm):
    """Which account has the tariff from which day on."""

    account = SelectField(_l("Company"), coerce=int)
    valid_from = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
