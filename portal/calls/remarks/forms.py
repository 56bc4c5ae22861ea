"""Forms of remarks."""

from __future__ import annotations

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.calls.remarks.models import CallNote, CallTag, Tone
from portal.calls.remarks.tags import tags
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.editing import EditForm
from portal.web.forms import BaseForm, row_id


class NoteForm(BaseForm):
    """The note of a call, and the version that was read."""

    text = TextAreaField(_l("Note"), render_kw={"rows": "3", "maxlength": "4000"})
    version = HiddenField()

    @classmethod
    def of(cls, note: CallNote | None) -> NoteForm:
        """With what stands there."""
        return cls(formdata=None, text=note.text if note else "", version=str(note.version if note else 0))

    @property
    def based_on(self) -> int:
        """The version that was read; 0 for none."""
        return row_id(self.version.data) or 0


class TagForm(EditForm):
    """A tag of the list."""

    name = StringField(_l("Tag"), render_kw={"maxlength": "60", "autocomplete": "off"})
    tone = SelectField(_l("Colour"), validate_choice=False, default=Tone.PLAIN.value)

    @classmethod
    def of(cls, tag: CallTag | None = None) -> TagForm:
        """Of a tag, or of a new one."""
        form = cls(formdata=None, name=tag.name if tag else "", tone=(tag.tone if tag else Tone.PLAIN))
        return form.offering().as_saved()

    def offering(self) -> TagForm:
        """The same with every colour."""
        words = {
            Tone.PLAIN: _("grey"),
            Tone.INFO: _("blue"),
            Tone.GOOD: _("green"),
            Tone.WAIT: _("yellow"),
            Tone.BAD: _("red"),
        }
        self.tone.choices = [(tone.value, word) for tone, word in words.items()]
        return self


class ChooseTagForm(BaseForm):
    """One of the list: to put on a call, or to merge another into."""

    tag = SelectField(_l("Tag"), validate_choice=False)

    @classmethod
    def besides(cls, *others: int) -> ChooseTagForm:
        """Of the list without these."""
        form = cls(formdata=None)
        form.tag.choices = [SelectChoice(str(tag.id), tag.name) for tag in tags() if tag.id not in others]
        return form

    @property
    def chosen(self) -> int:
        """The tag's id. Raises `Refused` where none was chosen."""
        tag_id = row_id(self.tag.data)
        if tag_id is None:
            raise Refused(_("Choose a tag of the list."), "tag")
        return tag_id
