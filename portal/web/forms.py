"""Forms: one base, fields that take numbers and lists as people write them, errors in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, PasswordField, StringField, ValidationError
from wtforms.i18n import get_translations

from portal.kernel import phone
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.web.htmx import KEPT_AS_IT_STANDS
from portal.web.kept import typed_before

_LONGEST_ID = 18
"""Figures; every such number fits a 64-bit column."""


def row_id(text: str | None) -> int | None:
    """The row that a field names, or None for what is no row's id: nothing, a word, `²`, five thousand figures."""
    return int(text) if text and len(text) <= _LONGEST_ID and text.isascii() and text.isdigit() else None


@cache
def _words_of_wtforms(locale: str) -> Any:
    """WTForms' own words in this language: Flask-WTF reads their file anew for each page."""
    return get_translations([locale])


class BaseForm(FlaskForm):
    """A form with its token; what a service refuses is shown at the field it names.

    It comes up as it was typed where the person had to prove first who it is (`web/kept`).
    """

    class Meta(FlaskForm.Meta):
        """In the language of the page."""

        def get_translations(self, form: Any) -> Any:  # noqa: ARG002 (WTForms' own signature)
            return _words_of_wtforms(language().code)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kept := typed_before(set(self._fields)):
            self.process(kept)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Whether all fields are right; the secrets stay typed in the page where they are not."""
        is_right = super().validate(extra_validators)
        if not is_right:
            self.keep_secrets()
        return bool(is_right)

    def keep_secrets(self) -> None:
        """It comes back to be sent again; a secret that is wrong itself is empty then, and marked as what is wrong."""
        for field in self._fields.values():
            if isinstance(field, SecretField) and not field.errors:
                field.render_kw = {**(field.render_kw or {}), **KEPT_AS_IT_STANDS}

    def refuse(self, error: Refused) -> None:
        """Puts a service's refusal at its field, or over the form where it names none."""
        if error.field and error.field in self._fields:
            field = self._fields[error.field]
            field.errors = [*field.errors, error.message]
        else:
            self.form_errors.append(error.message)
        self.keep_secrets()


class SecretField(PasswordField):
    """A key of another system: never sent back by us, not even to be typed again; the browser keeps it meanwhile."""


class PhoneField(StringField):
    """A phone number as a person writes it; `data` is its universal format, `raw_data` what was typed."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]).strip() if valuelist else ""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' own signature)
        if not self.data:
            return
        try:
            self.data = phone.normalise(self.data)
        except Refused as error:
            raise ValidationError(error.message) from None

    def _value(self) -> str:
        if self.errors and self.raw_data:
            return str(self.raw_data[0])
        return phone.display(self.data) if self.data else ""


class DayField(DateField):
    """A day, refused in the reader's language."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Give a day as 2027-01-31.")) from None
