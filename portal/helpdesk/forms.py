"""Forms of the help desk. The services refuse what cannot be taken; two empty fields are named at once."""

from __future__ import annotations

from wtforms import MultipleFileField, StringField, TextAreaField
from wtforms.validators import DataRequired

from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm

_TAKEN = {
    "accept": "image/png,image/jpeg,image/gif,image/webp,application/pdf,audio/mpeg,audio/wav,text/plain,.log,.csv"
}


class MessageForm(BaseForm):
    """One message of a thread."""

    text = TextAreaField(_l("Message"), render_kw={"rows": "6"})
    files = MultipleFileField(_l("Files"), render_kw=_TAKEN)


class QuestionForm(BaseForm):
    """A new thread with its first message."""

    subject = StringField(
        _l("Subject"), [DataRequired(_l("Name the subject."))], render_kw={"maxlength": "200", "autocomplete": "off"}
    )
    text = TextAreaField(_l("Message"), [DataRequired(_l("Write something here."))], render_kw={"rows": "8"})
    files = MultipleFileField(_l("Files"), render_kw=_TAKEN)
