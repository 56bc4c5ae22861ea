"""The form of click-to-call."""

from __future__ import annotations

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from portal.contacts.names import code_names
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.kernel.secrets import random_word
from portal.telephony.queries import sip_lines
from portal.web.forms import BaseForm


class OriginateForm(BaseForm):
    """Whose phone rings first, and whom to call then."""

    caller = SelectField(_l("From which phone"), [InputRequired(_l("Choose the phone that is to ring first."))])
    callee = StringField(
        _l("Number or SIP account"),
        [InputRequired(_l("Enter whom to call.")), Length(max=64, message=_l("This is too long for a number."))],
        render_kw={"inputmode": "tel", "autocomplete": "off"},
    )

    request_id = HiddenField(default=lambda: random_word(20), validators=[Length(max=64)])
    """Of this form: sent twice, by a double click or a reload, it makes one call."""

    back = HiddenField()
    """The page of ours from which somebody came to call."""

    @property
    def request(self) -> str:
        """The same for the same form with the same numbers."""
        return f"page {self.request_id.data} {self.caller.data} {self.callee.data}"

    def offer_phones(self) -> None:
        """Fills the choice with the account's SIP accounts; none is chosen for somebody whose phone is not known."""
        lines = sip_lines()
        names = code_names([line.name for line in lines])
        self.caller.choices = [SelectChoice("", _("– choose your phone –"))] if lines else []
        self.caller.choices += [
            SelectChoice(line.name, f"{names[line.name]} · {line.name}" if line.name in names else line.name)
            for line in lines
        ]
