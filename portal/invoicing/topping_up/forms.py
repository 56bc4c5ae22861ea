"""How much to pay in."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import InputRequired

from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm


class TopUpForm(BaseForm):
    """How much to pay in, by whichever way."""

    amount = StringField(
        _l("Amount"),
        [InputRequired(_l("Enter an amount."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
