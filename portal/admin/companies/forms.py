"""Forms of the operator about an account."""

from __future__ import annotations

from decimal import Decimal

from wtforms import HiddenField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.kernel.money import ZERO, parse_amount
from portal.kernel.secrets import random_word
from portal.telephony.models import Did, SipLine
from portal.web.editing import EditForm
from portal.web.forms import BaseForm

_PLAIN = {"autocomplete": "off"}


class AccountForm(BaseForm):
    """A new account, and the first of its people."""

    name = StringField(
        _l("Company"),
        [InputRequired(_l("Give the account a name.")), Length(max=200, message=_l("This name is too long."))],
        render_kw=_PLAIN,
    )
    time_zone = StringField(_l("Time zone"), [InputRequired(_l("Name a time zone."))], render_kw=_PLAIN)
    currency = StringField(_l("Currency"), [InputRequired(_l("Name a currency."))], render_kw=_PLAIN)
    email = StringField(
        _l("E-mail of its first administrator"),
        [Length(max=254, message=_l("This e-mail is too long."))],
        render_kw={**_PLAIN, "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"},
    )


class AdjustForm(BaseForm):
    """Money by hand. `source` is made with the page, so that the same form counts once however often it is sent."""

    source = HiddenField()
    direction = SelectField(_l("What to do"))
    amount = StringField(
        _l("Amount"), [InputRequired(_l("Enter an amount."))], render_kw={**_PLAIN, "inputmode": "decimal"}
    )
    reason = StringField(
        _l("Reason"),
        [InputRequired(_l("Say why: the company reads it beside the sum.")), Length(max=300)],
        render_kw={**_PLAIN, "maxlength": "300"},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.direction.choices = [
            SelectChoice("add", _("Add to the balance")),
            SelectChoice("take", _("Take from the balance")),
        ]
        if not self.source.data:
            self.source.data = f"hand-{random_word(20)}"

    def validate_amount(self, field: StringField) -> None:
        """Before anything is posted, so that whoever left two fields wrong hears of both."""
        try:
            amount = parse_amount(field.data or "")
        except Refused as error:
            raise ValidationError(error.message) from None
        if amount <= ZERO:
            raise ValidationError(_("Write how much, more than nothing: above is chosen which way it goes."))

    def signed(self) -> Decimal:
        """How much is added; below nothing where it is taken. Of a form that was found right."""
        amount = parse_amount(self.amount.data or "")
        return amount if self.direction.data == "add" else -amount


class LineForm(EditForm):
    """A SIP account or a public number: what it is, what people call it, which switch it is on."""

    name = StringField(_l("Name or number"), [Length(max=64)], render_kw=_PLAIN)
    label = StringField(_l("Label"), [Length(max=200)], render_kw={**_PLAIN, "maxlength": "200"})
    switch = StringField(_l("Switch"), [InputRequired(_l("Name the switch."))], render_kw=_PLAIN)

    @classmethod
    def of(cls, line: SipLine | Did) -> LineForm:
        """As it is; its name is not changed here."""
        return cls(formdata=None, data={"label": line.label, "switch": line.switch}).as_saved()
