"""Forms that several people may have open at once: the second to save hears of the first, sees both and decides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Self

from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectFieldBase

from portal.kernel.i18n import gettext as _
from portal.web.forms import BaseForm


class EditForm(BaseForm):
    """A form of something that is there already. `based_on` stands for what the person was shown.

    The view holds the row, makes the form `as_saved` of it, and asks the typed one whether it `is_overtaken`; if so it
    answers 409 with the same page, on which `edit_head` (`macros/form.html`) shows what is saved now.
    """

    based_on = HiddenField()
    present: Sequence[Sequence[str]] = ()
    """Label and saved value of each field in which the typed form differs; empty while nobody was in between."""
    also: str = ""

    def as_saved(self, also: str = "") -> Self:
        """Of a form that was filled from the row: remembers what it shows, and `also` what stands beside it."""
        self.also = also
        told = repr([(field.name, field.data) for field in self._told()]) + also
        self.based_on.data = hashlib.sha256(told.encode()).hexdigest()[:24]
        return self

    def is_overtaken(self, saved: EditForm) -> bool:
        """Whether somebody saved something else since this form was shown. It can be sent again after that."""
        seen, kept = self.based_on.data, saved.based_on.data
        theirs = {field.name: field for field in saved._told()}
        differ = [theirs[field.name] for field in self._told() if _shown(field) != _shown(theirs[field.name])]
        if not seen or seen == kept or not (differ or saved.also):
            return False
        self.present = [(str(field.label.text), _shown(field)) for field in differ]
        self.based_on.data = kept
        self.keep_secrets()
        self.form_errors.append(_("Somebody else has changed this meanwhile. Nothing was saved yet."))
        return True

    def _told(self) -> list[Field]:
        hidden = (HiddenField, PasswordField)
        return [field for field in self if not isinstance(field, hidden) and field.name != "csrf_token"]


def _shown(field: Any) -> str:
    """A field's value as a person reads it."""
    if isinstance(field, BooleanField):
        return _("yes") if field.data else _("no")
    if isinstance(field, SelectFieldBase):
        chosen = {str(each) for each in (field.data if isinstance(field.data, list) else [field.data])}
        return ", ".join(str(option.label.text) for option in field if str(option.data) in chosen) or "–"
    return str(field._value()).replace("\r", "").strip() or "–"  # noqa: SLF001 -- what the field itself shows
