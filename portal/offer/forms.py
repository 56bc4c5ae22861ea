"""Forms of the offer."""

from __future__ import annotations

from wtforms import DateField, HiddenField, TextAreaField
from wtforms.validators import Optional

from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm


class OfferForm(BaseForm):
    """The next version; `revision` is that of the draft that is being edited."""

    text = TextAreaField(_l("Text of the offer"), render_kw={"rows": "20"})
    valid_from = DateField(_l("In force from"), [Optional()])
    revision = HiddenField(default="0")
